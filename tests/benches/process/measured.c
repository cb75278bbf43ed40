/* What is measured, in C and by hand: `measured handler|thread|main HOOKS signal|return`. See program.rs.
 *
 * Hooks run in the handler; or on a thread that waits for it, or on main, which does: the least that such a program can do. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int hooks;

static uint64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void say(uint64_t number)
{
	char line[24];
	int at = sizeof line;
	line[--at] = '\n';
	do
		line[--at] = (char)('0' + number % 10);
	while (number /= 10);
	if (write(1, line + at, sizeof line - (size_t)at) < 0)
		_exit(1);
}

static void hook(void)
{
	static int told;
	if (!told++)
		say(now());
	if (write(1, ".", 1) < 0)
		_exit(1);
}

static void end(int number)
{
	sigset_t these;
	for (int i = 0; i < hooks; i++)
		hook();
	signal(number, SIG_DFL);
	raise(number);
	sigemptyset(&these);
	sigaddset(&these, number);
	pthread_sigmask(SIG_UNBLOCK, &these, NULL);
}

static _Atomic int arrived;

static void note(int number)
{
	atomic_store(&arrived, number);
}

static void wake(int number)
{
	note(number);
	syscall(SYS_futex, &arrived, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *wait_and_end(void *nothing)
{
	(void)nothing;
	while (!atomic_load(&arrived))
		syscall(SYS_futex, &arrived, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	end(atomic_load(&arrived));
	return NULL;
}

static void start_thread(void)
{
	sigset_t all, before;
	pthread_t thread;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	if (pthread_create(&thread, NULL, wait_and_end, NULL))
		_exit(1);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int main(int argc, char **argv)
{
	uint64_t begun = now();
	struct sigaction action = {.sa_flags = SA_RESTART};
	const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	int in_thread, on_main;
	if (argc < 4)
		return 1;
	in_thread = !strcmp(argv[1], "thread");
	on_main = !strcmp(argv[1], "main");
	action.sa_handler = in_thread ? wake : on_main ? note : end;
	hooks = atoi(argv[2]);
	if (in_thread)
		start_thread();
	sigemptyset(&action.sa_mask);
	for (int i = 0; i < 3; i++)
		sigaction(signals[i], &action, NULL);
	for (int i = 0; i < hooks; i++)
		atexit(hook);
	say(now() - begun);
	if (!strcmp(argv[3], "return")) {
		say(now());
		return 0;
	}
	if (on_main)
		wait_and_end(NULL);
	for (;;)
		pause();
}
