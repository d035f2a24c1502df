"""The methods `path` and `file`.

dbt looks for paths on disk; here those count that the nodes of the project name, which are the same.
"""

from typing import Any, Final

import sqlalchemy as sa

from core.catalog.selectors.patterns import has_wildcards, like, like_pattern, matches, regex
from core.catalog.selectors.scope import Condition, Nodes, Scope
from core.catalog.selectors.values import path_parts

Text = sa.ColumnElement[Any]
# Where properties of nodes are declared.
PATCHES: Final = (".yml", ".yaml")
_FOLDERS: Final = "([^/]+/)*"


def path_matches(scope: Scope, nodes: Nodes, value: str) -> Condition:
    """Whether a node's file or one of its folders is named, or the file that declares its properties."""
    parts = path_parts(value)
    mine = sa.or_(nodes.package_name == scope.project, scope.project.is_(None))
    own, others = [_matches(_path(nodes), parts)], [_of_package(scope, nodes, parts)]
    if _may_be_patch(parts):
        patch = _patch(nodes)
        own.append(_is_file(patch, parts))
        others.append(sa.and_(_is_file(patch, parts), _is_in_project(scope, nodes, patch)))
    return sa.or_(sa.and_(mine, sa.or_(*own)), sa.and_(sa.not_(mine), sa.or_(*others)))


def _path(nodes: Nodes) -> Text:
    return sa.func.replace(nodes.path, "\\", "/")


def _patch(nodes: Nodes) -> Text:
    return sa.func.split_part(nodes.patch_path, "://", 2)


def _matches(path: Text, parts: list[str]) -> Condition:
    """A node's file, or any folder above it."""
    if any(map(has_wildcards, parts)):
        above = f"^{_folder(parts)}"
        return path.regexp_match(above if _only_folders(parts) else f"{above}|^{_file(parts)}$")
    literal = "/".join(part for part in parts if part)
    below = path.like(f"{like(literal)}/%")
    return below if _only_folders(parts) else sa.or_(path == literal, below)


def _is_file(path: Text, parts: list[str]) -> Condition:
    if _only_folders(parts):
        return sa.false()
    literal = "/".join(parts)
    return path.regexp_match(f"^{_file(parts)}$") if has_wildcards(literal) else path == literal


def _only_folders(parts: list[str]) -> bool:
    return parts[-1] in ("", "**")


def _file(parts: list[str]) -> str:
    return _folder(parts[:-1]) + regex(parts[-1], "[^/]")


def _folder(parts: list[str]) -> str:
    said = ""
    for part in parts:
        if part != "**":
            said += f"{regex(part, '[^/]')}/" if part else ""
        elif not said.endswith(_FOLDERS):
            said += _FOLDERS
    return said


def _may_be_patch(parts: list[str]) -> bool:
    """Whether the last part can be the name of a YAML file; to look that up costs something."""
    end = max(parts[-1].rfind(wildcard) for wildcard in "*?[]") + 1
    said = parts[-1][end:]
    if not end:
        return said.endswith(PATCHES)
    return any(suffix.endswith(said) or said.endswith(suffix) for suffix in PATCHES)


def _of_package(scope: Scope, nodes: Nodes, parts: list[str]) -> Condition:
    """Paths of a package's nodes count from its own folder; dbt takes those that the project also has."""
    path, others = _path(nodes), scope.nodes()
    other = _path(others)
    is_same = sa.and_(_is_file(path, parts), _is_in_project(scope, nodes, path))
    folder = sa.func.regexp_replace(other, "[^/]*$", "")
    mine = sa.and_(scope.of(others), others.package_name == scope.project, _matches(other, parts))
    folders = sa.select(folder.label("folder")).where(mine).distinct().subquery()
    # `{1,1}?` asks for the shortest match: the folder itself, not one below it.
    above = sa.func.substring(folders.c.folder, f"^({_folder(parts)}){{1,1}}?")
    is_below = sa.select(folders.c.folder).where(sa.func.starts_with(path, above))
    return sa.or_(is_same, is_below.correlate(nodes).exists())


def _is_in_project(scope: Scope, nodes: Nodes, path: Text) -> Condition:
    """Whether the project itself has a file by this path, as far as its nodes know."""
    others = scope.nodes()
    mine = sa.and_(scope.of(others), others.package_name == scope.project)
    known = sa.or_(_path(others) == path, _patch(others) == path)
    return sa.select(others.unique_id).where(mine, known).correlate(nodes).exists()


def file_matches(nodes: Nodes, value: str) -> Condition:
    """Whether a node's file is called so, with its ending or without."""
    # A cheap look first: taking names apart costs more.
    near = nodes.path.like(f"%{like_pattern(value.split('[', maxsplit=1)[0])}%")
    name = sa.func.regexp_replace(nodes.path, r"^.*[/\\]", "")
    stem = sa.func.regexp_replace(name, r"^(.+)\.[^.]+$", r"\1")
    return sa.and_(near, sa.or_(matches(name, value), matches(stem, value)))
