"""Where each folder and file lies in a picture whose areas are proportional to measured lines.

Rectangles are laid out as in "Squarified Treemaps" by Bruls, Huizing and van Wijk (2000): rows are filled
along the shorter side for as long as that makes their rectangles more square.
Inside one folder areas are exactly proportional; labels and gaps take a little of each folder's own area.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import Enum
from itertools import accumulate

#: Below this many pixels nobody can see or hit a box.
SMALLEST_AREA = 90.0
#: Folders deeper than this are not nested further; what is below them keeps the rest of its path as its name.
DEEPEST = 24
#: Height of a folder's label, and the gap around what is inside a folder.
LABEL = 18.0
GAP = 2.0
#: A folder smaller than this has no room for a label of its own.
LABELLED_WIDTH, LABELLED_HEIGHT = 64.0, 46.0


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle in pixels, `x` and `y` its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """Width times height."""
        return self.width * self.height

    def inside(self, top: float, gap: float) -> Rectangle:
        """Return what is left inside, below `top` and within `gap` at the other sides."""
        return Rectangle(self.x + gap, self.y + top, self.width - 2 * gap, self.height - top - gap)


class Kind(Enum):
    """What a box stands for."""

    FOLDER = "folder"
    FILE = "file"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle and what it stands for.

    `path` is that of the file, or of the folder, empty for the root. `label` is the part of it that the boxes
    around do not say. `files` are the files in a REST box; a REST box that is a whole folder has its label,
    one of small files beside larger ones has none. `labelled` says that a folder left room for its label.
    """

    kind: Kind
    path: str
    label: str
    at: Rectangle
    depth: int
    weight: int
    files: tuple[str, ...] = ()
    labelled: bool = False


@dataclass(frozen=True, slots=True)
class Treemap:
    """Boxes in the order to paint them, folders before what they hold; `left_out` files have no weight."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    left_out: int


@dataclass(slots=True)
class _Folder:
    path: str
    label: str
    folders: dict[str, _Folder] = field(default_factory=dict)
    files: list[tuple[str, str, int]] = field(default_factory=list)
    weight: int = 0
    kept: bool = False

    def all_files(self) -> Iterator[str]:
        yield from (path for path, _, _ in self.files)
        for each in self.folders.values():
            yield from each.all_files()


@dataclass(frozen=True, slots=True)
class _Item:
    """What one rectangle of a folder will hold."""

    weight: int
    name: str
    folder: _Folder | None = None
    file: str = ""
    rest: tuple[str, ...] = ()


def layout(
    files: Iterable[tuple[str, int]],
    width: float,
    height: float,
    *,
    keep: AbstractSet[str] = frozenset(),
    limit: int = 1500,
) -> Treemap:
    """Return the boxes of these files, each a path and its weight, in a picture of this size in pixels.

    At most `limit` files get boxes of their own, the heaviest ones, and those in `keep`, whatever their size;
    the others are grouped by folder. The same files give the same picture in whatever order they come.
    """
    known = sorted(files)
    shown = [(path, weight) for path, weight in known if weight > 0]
    root = _tree(shown, keep)
    threshold = _threshold([weight for _, weight in shown], width * height, limit)
    boxes = tuple(_boxes(root, Rectangle(0, 0, width, height), threshold, keep)) if shown else ()
    return Treemap(width, height, boxes, len(known) - len(shown))


def squarify(weights: Sequence[int], within: Rectangle) -> list[Rectangle]:
    """Return a rectangle for each weight, in their order; weights are positive and best in descending order.

    The rectangles fill `within`, their areas are proportional to the weights.
    """
    made: list[Rectangle] = []
    # Sums from the end, of integers: the last row fills what is left exactly, without drift.
    left = list(accumulate(reversed(weights)))[::-1]
    free, start = within, 0
    while start < len(weights):
        scale = free.area / left[start]
        end = _row_end(weights, start, scale, min(free.width, free.height))
        total = sum(weights[start:end])
        beside = free.width >= free.height
        row, free = _cut(free, total / left[start], beside=beside)
        made += _along(row, weights[start:end], total, below=beside)
        start = end
    return made


def _row_end(weights: Sequence[int], start: int, scale: float, side: float) -> int:
    """Return where the row ends that begins at `start`: before what would make its worst ratio worse."""
    if scale <= 0 or side <= 0:  # no room at all: everything shares it
        return len(weights)
    area = smallest = largest = weights[start] * scale
    worst = _worst(area, smallest, largest, side)
    for end in range(start + 1, len(weights)):
        next_area = weights[end] * scale
        smallest, largest = min(smallest, next_area), max(largest, next_area)
        area += next_area
        ratio = _worst(area, smallest, largest, side)
        if ratio > worst:
            return end
        worst = ratio
    return len(weights)


def _worst(area: float, smallest: float, largest: float, side: float) -> float:
    """Return the largest ratio of sides in a row of this area along a side (the paper's `worst`)."""
    return max(side * side * largest / (area * area), area * area / (side * side * smallest))


def _cut(free: Rectangle, share: float, *, beside: bool) -> tuple[Rectangle, Rectangle]:
    """Return the row that takes this share of what is free, and what is left beside or below it."""
    if beside:
        taken = free.width * share
        return (
            Rectangle(free.x, free.y, taken, free.height),
            Rectangle(free.x + taken, free.y, free.width - taken, free.height),
        )
    taken = free.height * share
    return (
        Rectangle(free.x, free.y, free.width, taken),
        Rectangle(free.x, free.y + taken, free.width, free.height - taken),
    )


def _along(row: Rectangle, weights: Sequence[int], total: int, *, below: bool) -> Iterator[Rectangle]:
    """Yield the parts of a row, one below the other or side by side."""
    before = 0
    for weight in weights:
        start, after = before / total, (before + weight) / total
        if below:
            yield Rectangle(row.x, row.y + row.height * start, row.width, row.height * (after - start))
        else:
            yield Rectangle(row.x + row.width * start, row.y, row.width * (after - start), row.height)
        before += weight


def _tree(files: Iterable[tuple[str, int]], keep: AbstractSet[str]) -> _Folder:
    root = _Folder("", "")
    for path, weight in files:
        *names, name = path.split("/", DEEPEST)
        here = root
        kept = path in keep
        here.weight += weight
        here.kept |= kept
        for each in names:
            found = here.folders.get(each)
            if found is None:
                found = here.folders[each] = _Folder(f"{here.path}{each}/", f"{each}/")
            here = found
            here.weight += weight
            here.kept |= kept
        here.files.append((path, name, weight))
    return _without_chains(root)


def _without_chains(folder: _Folder) -> _Folder:
    """Return the folder with every folder that holds one folder and nothing else joined to it: `src/app/`."""
    while len(folder.folders) == 1 and not folder.files:
        (only,) = folder.folders.values()
        only.label = folder.label + only.label
        folder = only
    folder.folders = {name: _without_chains(each) for name, each in folder.folders.items()}
    return folder


def _threshold(weights: list[int], area: float, limit: int) -> float:
    """Return the weight from which on a file has a box of its own."""
    if not weights:
        return 0
    visible = sum(weights) * SMALLEST_AREA / area
    if len(weights) <= limit:
        return visible
    # One more than the first that is too many: of equal files all are grouped, or none.
    return max(visible, sorted(weights, reverse=True)[limit] + 1)


def _boxes(
    root: _Folder, at: Rectangle, threshold: float, keep: AbstractSet[str], depth: int = 0
) -> Iterator[Box]:
    """Yield the box of a folder and those of everything in it."""
    items = _items(root, threshold, keep)
    if len(items) == 1 and items[0].rest:
        yield Box(Kind.REST, root.path, root.label, at, depth, root.weight, items[0].rest)
        return
    labelled = bool(root.label) and at.width >= LABELLED_WIDTH and at.height >= LABELLED_HEIGHT
    gap = GAP if min(at.width, at.height) > 8 * GAP and root.label else 0.0
    yield Box(Kind.FOLDER, root.path, root.label, at, depth, root.weight, labelled=labelled)
    inner = at.inside(LABEL if labelled else gap, gap)
    for item, place in zip(items, squarify([each.weight for each in items], inner), strict=True):
        if item.folder:
            yield from _boxes(item.folder, place, threshold, keep, depth + 1)
        elif item.rest:
            yield Box(Kind.REST, root.path, "", place, depth + 1, item.weight, item.rest)
        else:
            yield Box(Kind.FILE, item.file, item.name, place, depth + 1, item.weight)


def _items(folder: _Folder, threshold: float, keep: AbstractSet[str]) -> list[_Item]:
    """Return what a folder shows, heaviest first; what is too small is one item, the last of its weight."""
    shown, small, rest_weight = [], [], 0
    for path, name, weight in folder.files:
        if weight >= threshold or path in keep:
            shown.append(_Item(weight, name, file=path))
        else:
            small.append((path, name))
            rest_weight += weight
    for each in folder.folders.values():
        if each.weight >= threshold or each.kept:
            shown.append(_Item(each.weight, each.label, folder=each))
        else:
            small += [(path, path.removeprefix(folder.path)) for path in each.all_files()]
            rest_weight += each.weight
    if len(small) == 1:
        shown.append(_Item(rest_weight, small[0][1], file=small[0][0]))
    elif small:
        shown.append(_Item(rest_weight, "\U0010ffff", rest=tuple(path for path, _ in small)))
    return sorted(shown, key=lambda item: (-item.weight, item.name))
