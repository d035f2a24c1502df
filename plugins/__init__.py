"""Plugins: the contract (`sdk`), what loads them (`host`), those that come with the product (`builtin`)."""
