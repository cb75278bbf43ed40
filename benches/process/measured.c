/* What is measured, in C and by hand: `measured HOOKS signal|return`. See program.rs. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static void handle(int number)
{
	for (int i = 0; i < hooks; i++)
		hook();
	signal(number, SIG_DFL);
	raise(number);
}

int main(int argc, char **argv)
{
	uint64_t begun = now();
	struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
	const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	if (argc < 3)
		return 1;
	hooks = atoi(argv[1]);
	sigemptyset(&action.sa_mask);
	for (int i = 0; i < 3; i++)
		sigaction(signals[i], &action, NULL);
	for (int i = 0; i < hooks; i++)
		atexit(hook);
	say(now() - begun);
	if (!strcmp(argv[2], "return")) {
		say(now());
		return 0;
	}
	for (;;)
		pause();
}
