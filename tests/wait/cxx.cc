/* SPDX-License-Identifier: Apache-2.0 */
/* FLAGS -std=c++17 */
/* What libstdc++ is made of: its mutexes and condition variables are those of the C library. */
#include "truth.h"

#include <condition_variable>
#include <future>
#include <mutex>
#include <shared_mutex>
#include <thread>

static std::mutex plain;
static std::recursive_mutex recursive;
static std::timed_mutex timed;
static std::shared_mutex shared;
static std::condition_variable cond;
static std::mutex of_cond;
static std::promise<int> promise;
static std::once_flag once;
static int owner, runner;

template <class F> static void go(F f)
{
	std::thread(f).detach();
	nap(30);
}

static int slow()
{
	runner = own_tid();
	for (;;)
		pause();
	return 1;
}

static int initialized()
{
	static int value = slow();

	return value;
}

int main()
{
	go([] {
		plain.lock();
		recursive.lock();
		recursive.lock();
		timed.lock();
		shared.lock();
		owner = own_tid();
		for (;;)
			pause();
	});
	until(&owner);
	go([] {
		tell("wait tid=%d kind=pthread-mutex address=%p owner=%d state=held\n", own_tid(), (void *)&plain, owner);
		plain.lock();
	});
	go([] {
		tell("wait tid=%d kind=pthread-mutex address=%p owner=%d recursion=2\n", own_tid(), (void *)&recursive,
		     owner);
		recursive.lock();
	});
	go([] {
		tell("wait tid=%d kind=pthread-mutex address=%p owner=%d\n", own_tid(), (void *)&timed, owner);
		(void)timed.try_lock_for(std::chrono::hours(1));
	});
	go([] {
		tell("wait tid=%d kind=pthread-rwlock address=%p owner=%d\n", own_tid(), (void *)&shared, owner);
		shared.lock_shared();
	});
	go([] {
		std::unique_lock<std::mutex> l(of_cond);
		tell("wait tid=%d kind=pthread-cond address=%p owner=- waiting=2\n", own_tid(), (void *)&cond);
		cond.wait(l, [] { return false; });
	});
	go([] {
		std::unique_lock<std::mutex> l(of_cond);
		tell("wait tid=%d kind=pthread-cond address=%p owner=-\n", own_tid(), (void *)&cond);
		cond.wait_for(l, std::chrono::hours(1), [] { return false; });
	});
	go([] {
		tell("wait tid=%d kind=futex owner=-\n", own_tid());
		promise.get_future().get();
	});
	go([] { std::call_once(once, slow); });
	until(&runner);
	go([] {
		tell("named tid=%d kind=pthread-once address=%p owner=%d\n", own_tid(), (void *)&once, runner);
		std::call_once(once, slow);
	});
	go([] { initialized(); });
	go([] {
		tell("wait tid=%d kind=futex\n", own_tid()); /* who initializes it only names of functions tell */
		initialized();
	});
	static std::thread joined;
	static int joined_tid;
	joined = std::thread([] {
		joined_tid = own_tid();
		for (;;)
			pause();
	});
	until(&joined_tid);
	go([] {
		tell("wait tid=%d kind=pthread-join address=0x%lx owner=%d\n", own_tid(),
		     (unsigned long)joined.native_handle(), joined_tid);
		joined.join();
	});
	ready();
}
