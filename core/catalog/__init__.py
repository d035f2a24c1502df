"""The catalog: what a dbt project is made of, as of its last artifacts."""
