//! One token of each issuer. Put together here, so that no file has anything that looks like a secret.

/// Name for the table, beginning, length of the rest.
const TOKENS: [(&str, &str, usize); 34] = [
    ("aws", "AKIA", 16),
    ("awstemp", "ASIA", 16),
    ("github", "ghp_", 36),
    ("githuboauth", "gho_", 36),
    ("githubapp", "ghs_", 36),
    ("githubfine", "github_pat_", 82),
    ("gitlab", "glpat-", 20),
    ("gitlabrunner", "glrt-", 20),
    ("slack", "xoxb-", 50),
    ("slackuser", "xoxp-", 70),
    ("slackapp", "xapp-", 60),
    ("google", "AIza", 35),
    ("googleoauth", "ya29.", 60),
    ("stripe", "sk_live_", 24),
    ("striperestricted", "rk_live_", 24),
    ("npm", "npm_", 36),
    ("pypi", "pypi-AgEIcHlwaS5vcmc", 60),
    ("ruby", "rubygems_", 48),
    ("dockerhub", "dckr_pat_", 27),
    ("vault", "hvs.", 90),
    ("vaultbatch", "hvb.", 90),
    ("digitalocean", "dop_v1_", 64),
    ("huggingface", "hf_", 34),
    ("databricks", "dapi", 32),
    ("grafana", "glsa_", 41),
    ("shopify", "shpat_", 32),
    ("tailscale", "tskey-auth-", 40),
    ("openai", "sk-", 48),
    ("openaiproject", "sk-proj-", 100),
    ("anthropic", "sk-ant-api03-", 95),
    ("sendgrid", "SG.", 66),
    ("age", "AGE-SECRET-KEY-1", 58),
    ("slackhook", "hooks.slack.com/services/", 44),
    ("discord", "discord.com/api/webhooks/", 80),
];

/// Letters and digits that all shapes have in common, from a number.
pub(super) fn body(seed: u64, length: usize) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHJKMNPQRSTUVWXYZ23456789";
    let mut state = seed | 1;
    let mut body: String = (0..length)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let index = usize::try_from(state >> 33).unwrap_or(0) % ALPHABET.len();
            char::from(ALPHABET[index])
        })
        .collect();
    // Some shapes want a digit.
    body.replace_range(1..2, "7");
    body
}

/// Name, beginning and secret part of each token.
pub(super) fn tokens(seed: u64) -> Vec<(&'static str, &'static str, String)> {
    let mut tokens: Vec<_> = TOKENS
        .iter()
        .map(|(name, start, length)| (*name, *start, body(seed, *length)))
        .collect();
    let part = |length| body(seed, length);
    tokens.push((
        "jwt",
        "eyJ",
        format!("{}.eyJ{}.{}", part(30), part(60), part(40)),
    ));
    tokens
}

/// `{name}` replaced by the token of that name.
pub(super) fn plant(text: &str) -> String {
    let mut text = text.to_owned();
    for (name, start, body) in tokens(42) {
        text = text.replace(&format!("{{{name}}}"), &format!("{start}{body}"));
    }
    text
}
