"""A reference of the part of SPL that the app uses: enough to execute its searches, and nothing else.

Splunk has no engine that could be run here. What this says about a search is what Splunk's documentation says, read by
the same people who wrote the search; it finds a wrong field, a wrong order and a wrong threshold, and not where Splunk
differs from its documentation. Whatever it does not know, it refuses.
"""

from .commands import Context, run
from .expression import text
from .syntax import SplError

__all__ = ["Context", "SplError", "run", "text"]
