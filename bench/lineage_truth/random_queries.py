"""Random queries for the oracle, the same for the same seed."""

# ruff: noqa: S608 - this SQL is made here and run on tables made here

import random
from collections.abc import Iterator
from dataclasses import dataclass

TABLES = {
    "t": ("a", "b", "c", "d", "k"),
    "u": ("k", "x", "y", "z"),
    "items": ("order_id", "product_id", "quantity", "price"),
}


@dataclass(frozen=True)
class Query:
    """A query and the names of its columns, all of them numbers."""

    sql: str
    columns: tuple[str, ...]


def random_queries(count: int, seed: int = 20) -> Iterator[str]:
    """That many queries."""
    maker = Maker(random.Random(seed))
    for _ in range(count):
        yield maker.query(2).sql


class Maker:
    """Makes queries of queries; each level is one of the kinds below."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._names = 0

    def query(self, depth: int) -> Query:
        """A query at most that many levels deep."""
        if depth == 0:
            return self._table()
        kinds = [
            self._plain, self._joined, self._grouped, self._windowed, self._united, self._filtered, self._cte,
            self._using, self._star, self._distinct,
        ]  # fmt: skip
        return self._dice.choice(kinds)(depth)

    def _name(self, start: str) -> str:
        self._names += 1
        return f"{start}{self._names}"

    def _table(self) -> Query:
        table = self._dice.choice(list(TABLES))
        columns = TABLES[table]
        return Query(f"select {', '.join(columns)} from {table}", columns)

    def _expression(self, columns: tuple[str, ...]) -> str:
        one, two, three = (self._dice.choice(columns) for _ in range(3))
        shapes = [one, one, f"{one} + {two}", f"coalesce({one}, {two})", f"{one} * 2 - {two}"]
        shapes += [f"case when {one} > 5 then {two} else {three} end", f"greatest({one}, {two}, 3)"]
        shapes += [f"abs({one} - {two})", "7", f"cast({one} as bigint) % 13"]
        return self._dice.choice(shapes)

    def _condition(self, columns: tuple[str, ...]) -> str:
        one, two = (self._dice.choice(columns) for _ in range(2))
        shapes = [f"{one} > 4", f"{one} < {two} + 6", f"{one} between 2 and 30 or {two} = 3"]
        shapes += [f"{one} in (select x from u where y > 2)", f"{one} > (select min(b) from t)"]
        shapes += [f"exists (select 1 from u where u.k = {one} % 5 and u.z > 1)"]
        return self._dice.choice(shapes)

    def _items(self, columns: tuple[str, ...], prefix: str = "") -> tuple[str, tuple[str, ...]]:
        names = tuple(self._name("n") for _ in range(self._dice.randint(2, 4)))
        qualified = tuple(prefix + column for column in columns)
        return ", ".join(f"{self._expression(qualified)} as {name}" for name in names), names

    def _plain(self, depth: int) -> Query:
        inner, alias = self.query(depth - 1), self._name("q")
        items, names = self._items(inner.columns)
        return Query(f"select {items} from ({inner.sql}) as {alias}", names)

    def _star(self, depth: int) -> Query:
        inner, alias = self.query(depth - 1), self._name("q")
        out, extra = self._dice.choice(inner.columns), self._name("n")
        if len(inner.columns) < 2:
            return inner
        made = self._expression(inner.columns)
        sql = f"select * exclude ({out}), {made} as {extra} from ({inner.sql}) as {alias}"
        return Query(sql, (*(name for name in inner.columns if name != out), extra))

    def _filtered(self, depth: int) -> Query:
        inner, alias = self.query(depth - 1), self._name("q")
        items, names = self._items(inner.columns)
        condition = self._condition(inner.columns)
        return Query(f"select {items} from ({inner.sql}) as {alias} where {condition}", names)

    def _distinct(self, depth: int) -> Query:
        inner, alias = self.query(depth - 1), self._name("q")
        items, names = self._items(inner.columns)
        return Query(f"select distinct {items} from ({inner.sql}) as {alias}", names)

    def _joined(self, depth: int) -> Query:
        left, right = self.query(depth - 1), self.query(depth - 1)
        one, two = self._name("q"), self._name("q")
        kind = self._dice.choice(["join", "left join", "full join"])
        items, names = self._items(left.columns, f"{one}.")
        more, others = self._items(right.columns, f"{two}.")
        on = f"{one}.{self._dice.choice(left.columns)} = {two}.{self._dice.choice(right.columns)}"
        sql = f"select {items}, {more} from ({left.sql}) as {one} {kind} ({right.sql}) as {two} on {on}"
        return Query(sql, names + others)

    def _using(self, depth: int) -> Query:
        left, alias, key = self.query(depth - 1), self._name("q"), self._name("k")
        items, names = self._items(left.columns, f"{alias}.")
        inner = f"select *, {self._dice.choice(left.columns)} as {key} from ({left.sql}) as {alias}i"
        right = f"select k as {key}, x from u"
        sql = f"select {key}, {alias}u.x as {alias}x, {items} from ({inner}) as {alias}"
        return Query(f"{sql} join ({right}) as {alias}u using ({key})", (key, f"{alias}x", *names))

    def _grouped(self, depth: int) -> Query:
        inner, alias = self.query(depth - 1), self._name("q")
        key, name = self._dice.choice(inner.columns), self._name("n")
        made = [self._aggregate(inner.columns) for _ in range(2)]
        names = tuple(self._name("n") for _ in made)
        items = ", ".join(f"{item} as {item_name}" for item, item_name in zip(made, names, strict=True))
        having = f" having count(*) > 0 and max({self._dice.choice(inner.columns)}) > 1"
        sql = f"select {key} as {name}, {items} from ({inner.sql}) as {alias} group by {key}"
        return Query(sql + self._dice.choice(["", having]), (name, *names))

    def _aggregate(self, columns: tuple[str, ...]) -> str:
        one, two = (self._dice.choice(columns) for _ in range(2))
        shapes = [f"sum({one})", f"max({one} + {two})", "count(*)", f"count(distinct {one})"]
        shapes += [f"sum({one}) filter (where {two} > 3)", f"min(case when {one} > 3 then {two} end)"]
        return self._dice.choice(shapes)

    def _windowed(self, depth: int) -> Query:
        inner, alias = self.query(depth - 1), self._name("q")
        items, names = self._items(inner.columns)
        one, two, three = (self._dice.choice(inner.columns) for _ in range(3))
        shapes = [f"sum({one}) over (partition by {two})", f"max({one}) over (order by {two})"]
        shapes += [f"rank() over (partition by {two} order by {three})"]
        shapes += [f"dense_rank() over (order by {one}, {two})"]
        made = self._dice.choice(shapes)
        name = self._name("n")
        qualify = self._dice.choice(["", f" qualify rank() over (partition by {one} order by {three}) < 3"])
        return Query(
            f"select {items}, {made} as {name} from ({inner.sql}) as {alias}{qualify}", (*names, name)
        )

    def _united(self, depth: int) -> Query:
        left, right = self.query(depth - 1), self.query(depth - 1)
        count = min(len(left.columns), len(right.columns))
        word = self._dice.choice(["union all", "union", "except", "intersect", "union all"])
        one, two = self._name("q"), self._name("q")
        sql = f"select {', '.join(left.columns[:count])} from ({left.sql}) as {one} {word} "
        sql += f"select {', '.join(right.columns[:count])} from ({right.sql}) as {two}"
        return Query(sql, left.columns[:count])

    def _cte(self, depth: int) -> Query:
        inner, name = self.query(depth - 1), self._name("w")
        items, names = self._items(inner.columns, "one.")
        key = self._dice.choice(inner.columns)
        scalar, extra = self._dice.choice(inner.columns), self._name("n")
        most = f"(select max(i.{scalar}) from {name} as i) as {extra}"
        sql = f"with {name} as ({inner.sql}) select {items}, {most}"
        return Query(f"{sql} from {name} as one join {name} as two on one.{key} = two.{key}", (*names, extra))
