"""How what waits is shared out among hosts."""

from hypothesis import given
from hypothesis import strategies as st

from jobrunner.policy.share import share, turn

ROOMS = st.lists(st.integers(0, 200), min_size=1, max_size=20)


@given(st.integers(1, 5000), ROOMS)
def test_together_the_hosts_take_all_that_they_have_room_for(count, rooms):
    taken = [share(count, room, rooms[:n] + rooms[n + 1 :]) for n, room in enumerate(rooms)]
    assert all(share <= room for share, room in zip(taken, rooms, strict=True))
    assert sum(taken) >= min(count, sum(rooms))


@given(st.integers(1, 5000), st.integers(1, 200), st.integers(2, 10))
def test_equal_hosts_take_equal_shares(count, room, hosts):
    assert share(count, room, [room] * (hosts - 1)) == min(room, -(-count // hosts))


def test_a_full_host_takes_nothing_and_gets_nothing_counted():
    assert share(10, 0, [5]) == 0
    assert share(10, 5, [0, -3]) == 5


def test_a_single_run_goes_to_one_of_those_that_have_least_to_do():
    assert turn((0.9, "a"), [(0.0, "b"), (0.1, "c")], b"x") == 2


@given(st.sets(st.text("abc", min_size=1), min_size=2, max_size=8), st.binary(max_size=8))
def test_equals_go_by_turns_that_all_of_them_agree_on(names, lot):
    hosts = [(0.0, name) for name in names]
    turns = [turn(host, [other for other in hosts if other != host], lot) for host in hosts]
    assert sorted(turns) == list(range(len(hosts)))


def test_each_of_some_equals_is_the_first_now_and_then():
    hosts = [(0.0, name) for name in "abc"]
    first = {
        name
        for n in range(50)
        for load, name in hosts
        if turn((load, name), [each for each in hosts if each[1] != name], bytes([n])) == 0
    }
    assert first == {"a", "b", "c"}
