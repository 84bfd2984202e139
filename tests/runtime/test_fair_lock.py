"""A lock that is handed on in the order of asking."""

from __future__ import annotations

import signal
from threading import Barrier, Thread, get_ident, main_thread
from time import sleep

import pytest

from edge_runtime.fair_lock import FairLock


def test_threads_that_ask_again_at_once_take_turns() -> None:
    lock, order, start = FairLock(), [], Barrier(4)

    def work() -> None:
        start.wait()
        for _ in range(30):
            with lock, lock:
                order.append(get_ident())
                sleep(0.001)

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(order) == 120
    rounds = [set(order[at : at + 4]) for at in range(8, 108, 4)]
    assert all(len(each) == 4 for each in rounds), "between two turns of a thread each other has one"


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals to threads here")
def test_a_thread_that_is_interrupted_while_it_waits_does_not_get_the_lock() -> None:
    lock, holding, done = FairLock(), Barrier(2), Barrier(2)

    def hold() -> None:
        with lock:
            holding.wait()
            sleep(0.1)  # until the other waits for the lock
            signal.pthread_kill(main_thread().ident or 0, signal.SIGINT)
            done.wait()

    thread = Thread(target=hold)
    thread.start()
    holding.wait()
    with pytest.raises(KeyboardInterrupt):
        lock.acquire()
    done.wait()
    thread.join()
    with lock:
        pass
