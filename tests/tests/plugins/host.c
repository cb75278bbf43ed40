// A program that loads plugins, each of which has a copy of this library in it: `host END PLUGIN…`. What it gets on standard input
// lets it go on.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef void (*Register)(unsigned grace, unsigned linger);

int main(int count, char **arguments) {
    const char *end = arguments[1];
    char byte;
    for (int at = 2; at < count; at++) {
        void *plugin = dlopen(arguments[at], RTLD_NOW | RTLD_LOCAL);
        if (plugin == NULL) {
            fprintf(stderr, "%s\n", dlerror());
            return 2;
        }
        ((Register)dlsym(plugin, strstr(end, "abort") ? "terminate_tests_register_abort" : "terminate_tests_register"))(0, 2000);
        if (strstr(end, "dlclose")) {
            dlclose(plugin);
        }
    }
    write(1, "ready\n", 6);
    while (read(0, &byte, 1) < 0) {
    }
    if (strstr(end, "abort")) {
        abort();
    }
    if (strstr(end, "exit")) {
        exit(7);
    }
    return 0;
}
