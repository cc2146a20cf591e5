from __future__ import annotations

import math
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from ci_actions.coverage_gate.treemap import Box, Kind, Rectangle, Treemap, layout, squarify

WEIGHTS = st.lists(st.integers(1, 5000), min_size=1, max_size=60).map(
    lambda found: sorted(found, reverse=True)
)
NAMES = st.text("abc/", min_size=1, max_size=12).map(
    lambda text: "/".join(filter(None, text.split("/"))) or "a"
)
FILES = st.dictionaries(NAMES, st.integers(0, 900), max_size=60).map(lambda found: list(found.items()))


def overlap(one: Rectangle, other: Rectangle) -> float:
    wide = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    high = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return max(wide, 0) * max(high, 0)


def is_inside(inner: Rectangle, outer: Rectangle) -> bool:
    slack = 1e-6
    return (
        inner.x >= outer.x - slack
        and inner.y >= outer.y - slack
        and inner.x + inner.width <= outer.x + outer.width + slack
        and inner.y + inner.height <= outer.y + outer.height + slack
    )


def leaves(tree: Treemap) -> list[Box]:
    return [box for box in tree.boxes if box.kind is not Kind.FOLDER]


def holder(number: int, boxes: tuple[Box, ...]) -> Box:
    """The folder that a box lies in: the last one before it that is one level up."""
    return next(box for box in reversed(boxes[:number]) if box.depth == boxes[number].depth - 1)


@given(WEIGHTS, st.floats(1, 2000), st.floats(1, 2000))
def test_the_rectangles_fill_theirs_and_are_proportional(
    weights: list[int], width: float, height: float
) -> None:
    within = Rectangle(3, 5, width, height)
    made = squarify(weights, within)
    assert math.isclose(sum(each.area for each in made), within.area, rel_tol=1e-6)
    for each, weight in zip(made, weights, strict=True):
        assert math.isclose(each.area, within.area * weight / sum(weights), rel_tol=1e-6, abs_tol=1e-6)
        assert is_inside(each, within)
    for one, other in combinations(made, 2):
        assert overlap(one, other) < 1e-5


def test_the_example_of_the_paper() -> None:
    made = squarify([6, 6, 4, 3, 2, 2, 1], Rectangle(0, 0, 6, 4))
    assert [(round(each.width, 2), round(each.height, 2)) for each in made] == [
        (3, 2), (3, 2), (1.71, 2.33), (1.29, 2.33), (1.2, 1.67), (1.2, 1.67), (0.6, 1.67),
    ]  # fmt: skip


def test_without_room_everything_lies_on_a_line() -> None:
    made = squarify([2, 1], Rectangle(0, 0, 0, 10))
    assert [each.area for each in made] == [0, 0]


@given(FILES, st.integers(1, 30))
def test_everything_lies_inside_its_folder_and_over_nothing_else(
    files: list[tuple[str, int]], limit: int
) -> None:
    tree = layout(files, 400, 300, limit=limit)
    for number, box in enumerate(tree.boxes):
        if box.depth:
            assert is_inside(box.at, holder(number, tree.boxes).at)
    for one, other in combinations(leaves(tree), 2):
        assert overlap(one.at, other.at) < 1e-5


@given(FILES, st.integers(1, 30))
def test_every_file_with_lines_is_drawn_once(files: list[tuple[str, int]], limit: int) -> None:
    tree = layout(files, 400, 300, limit=limit)
    drawn = [path for box in leaves(tree) for path in (box.files or (box.path,))]
    assert sorted(drawn) == sorted(path for path, weight in files if weight)
    assert tree.left_out == sum(not weight for _, weight in files)
    assert sum(box.weight for box in leaves(tree)) == sum(weight for _, weight in files)


@given(FILES, st.randoms())
def test_the_order_of_the_files_does_not_matter(files: list[tuple[str, int]], random: st.randoms) -> None:  # type: ignore[valid-type]
    shuffled = list(files)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert layout(files, 400, 300) == layout(shuffled, 400, 300)


def test_folders_that_hold_one_folder_are_one_label() -> None:
    tree = layout([("src/app/a.py", 10), ("src/app/pay/b.py", 10), ("src/app/pay/c.py", 10)], 400, 300)
    assert [(box.kind, box.label) for box in tree.boxes] == [
        (Kind.FOLDER, "src/app/"),
        (Kind.FOLDER, "pay/"),
        (Kind.FILE, "b.py"),
        (Kind.FILE, "c.py"),
        (Kind.FILE, "a.py"),
    ]


def test_small_files_are_one_box_beside_the_large() -> None:
    files = [("a/large.py", 500), *((f"a/small{number}.py", 2) for number in range(9))]
    large, rest = leaves(layout(files, 400, 300, limit=3))
    assert large.path == "a/large.py"
    assert (rest.kind, rest.label, len(rest.files), rest.weight) == (Kind.REST, "", 9, 18)


def test_a_folder_of_small_files_is_one_box_with_its_name() -> None:
    files = [("a/large.py", 500), *((f"a/b/small{number}.py", 40) for number in range(9))]
    boxes = leaves(layout(files, 400, 300, limit=1))
    assert [(box.kind, box.label, len(box.files)) for box in boxes] == [
        (Kind.FILE, "large.py", 0),
        (Kind.REST, "b/", 9),
    ]


def test_a_file_that_must_be_seen_is_never_grouped() -> None:
    files = [("a/large.py", 50_000), *((f"a/b/small{number}.py", 1) for number in range(9))]
    boxes = leaves(layout(files, 400, 300, keep={"a/b/small3.py"}, limit=3))
    assert "a/b/small3.py" in {box.path for box in boxes}
    assert len(boxes) == 3


def test_nothing_to_draw() -> None:
    assert layout([], 400, 300).boxes == ()
    assert layout([("a.py", 0)], 400, 300) == Treemap(400, 300, (), 1)


def test_a_path_of_two_thousand_folders_is_drawn() -> None:
    deep = [("x/" * number + "f.py", 1) for number in range(1, 2000)]
    drawn = [path for box in leaves(layout(deep, 400, 300)) for path in (box.files or (box.path,))]
    assert len(drawn) == len(deep)


def test_ten_thousand_files_are_about_as_many_boxes_as_asked_for() -> None:
    files = [(f"p{number % 97}/q{number % 13}/m{number}.py", number % 700 + 1) for number in range(10_000)]
    assert len(layout(files, 1000, 500, limit=1000).boxes) < 3500


def test_of_equal_files_all_are_grouped() -> None:
    boxes = leaves(
        layout([(f"p{number % 5}/m{number}.py", 10) for number in range(100)], 1000, 500, limit=20)
    )
    assert [(box.label, len(box.files)) for box in boxes] == [(f"p{number}/", 20) for number in range(5)]
