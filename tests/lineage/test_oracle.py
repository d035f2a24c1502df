"""DuckDB itself tells which source columns an output needs; see `bench.lineage_truth.oracle`."""

from bench.lineage_truth.oracle import judge, judged_queries


def test_every_output_that_changes_with_a_column_has_an_edge_to_it() -> None:
    verdict = judge(judged_queries(random=40)[::4])
    assert verdict.queries >= 80
    assert not verdict.missing
    # Names found elsewhere once a column is gone look like edges that nothing needs.
    assert verdict.precision >= 0.98, verdict.needless
