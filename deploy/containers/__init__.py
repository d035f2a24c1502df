"""What containers need beside the image: compose.yaml at the root of the repository starts them."""
