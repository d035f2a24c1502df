"""Tools without a word of the domain: database, settings, errors, clock, paging."""
