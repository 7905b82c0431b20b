"""A sort on disk."""

from functions.adapters.spill import Spill


def test_lines_come_in_the_order_of_their_keys_and_the_last_of_a_key_stays() -> None:
    with Spill.on_disk() as spill:
        for key in ("b", "a", "c", "a"):
            spill.put(key, key * 2 if key != "a" else "new")
        assert list(spill) == [("a", "new"), ("b", "bb"), ("c", "cc")]
