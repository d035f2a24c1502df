"""Routes about notifications."""
