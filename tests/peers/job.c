/* The job by hand: remove a file, write one line, end by the signal; with sigaction and atexit.
 *
 * The handler is that of the GNU C Library's manual, "Handlers That Terminate the Process". */

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int log_fd;
static char path[4096];
static volatile sig_atomic_t fatal_error_in_progress;

/* A line of the log: snprintf is not async-signal-safe by the letter, glibc's of integers and strings is by its code. */
static void say(const char *what)
{
    char line[256];
    struct timespec now;
    int length;
    clock_gettime(CLOCK_MONOTONIC, &now);
    length = snprintf(line, sizeof line, "%lld %d %s\n", now.tv_sec * 1000000000LL + now.tv_nsec, (int)getpid(), what);
    if (write(log_fd, line, length) != length)
        _exit(98);
}

static void clean_up(void)
{
    say("begin job -");
    unlink(path);
    say("end job");
}

static void at_exit(void)
{
    if (fatal_error_in_progress)
        return;
    fatal_error_in_progress = 1;
    clean_up();
}

static void fatal_error_signal(int sig)
{
    /* Since this handler is established for more than one kind of signal, it might still get invoked recursively. */
    if (fatal_error_in_progress)
        raise(sig);
    else {
        fatal_error_in_progress = 1;
        clean_up();
    }
    signal(sig, SIG_DFL);
    raise(sig);
}

static void *exits(void *nothing)
{
    (void)nothing;
    exit(7);
}

int main(void)
{
    const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    const char *plan = getenv("TERMINATE_STORM_PLAN");
    const char *nap = plan ? strstr(plan, "nap=") : NULL;
    int waits = plan && strstr(plan, "exit=wait ");
    int on_a_thread = plan && strstr(plan, "exit=thread-exit ");
    struct timespec work = {0, (nap ? atol(nap + 4) : 0) * 1000};
    struct sigaction action;
    pthread_t thread;
    size_t i;

    log_fd = open(getenv("TERMINATE_STORM_LOG"), O_WRONLY | O_APPEND);
    snprintf(path, sizeof path, "%s/scratch", getenv("TERMINATE_STORM_DIR"));
    close(open(path, O_WRONLY | O_CREAT, 0600));
    say("arming job 1");
    atexit(at_exit);
    memset(&action, 0, sizeof action);
    action.sa_handler = fatal_error_signal;
    for (i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
    say("armed job scratch");
    while (waits)
        pause();
    while (nanosleep(&work, &work) != 0)
        ;
    say("ends exit 7");
    if (on_a_thread) {
        pthread_create(&thread, NULL, exits, NULL);
        for (;;)
            pause();
    }
    exit(7);
}
