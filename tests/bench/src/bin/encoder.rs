//! What one record costs to encode and send.
fn main() {}
