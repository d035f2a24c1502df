"""The API's document in two viewers, without the internet."""
