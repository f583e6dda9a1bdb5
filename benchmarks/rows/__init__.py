"""The rows of the budget table, one module for each kind of work; ``rows()`` measures them."""
