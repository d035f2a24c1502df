"""Plugins that come with the product, a folder each; loaded by the host, imported by nobody."""
