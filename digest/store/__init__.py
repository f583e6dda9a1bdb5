"""The store: all SQL, one file per noun. Functions take a session and return plain values."""
