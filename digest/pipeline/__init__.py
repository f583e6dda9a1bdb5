"""The three steps: collect (source → store), prepare (store → digest), deliver (digest → channel)."""
