//! What must not compile with terminate-std is in `tests`.
