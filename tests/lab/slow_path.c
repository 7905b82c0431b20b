/*
 * A slow path: what comes in through a TUN device goes out of it again, later, and not all of it.
 *
 * slow_path DEVICE PACKETS_PER_SECOND QUEUE_MILLISECONDS DELAY_MILLISECONDS LOST_OF_1000 SEED NETWORK MASK
 *
 * Each direction has its own queue, emptied at PACKETS_PER_SECOND; a packet that would wait longer than
 * QUEUE_MILLISECONDS is dropped. Packets to NETWORK (of MASK) are one direction, all others the other one. What passes
 * comes out after DELAY_MILLISECONDS more. The device's name on standard output says that it is there; where
 * standard input ends, a line for each direction tells how many were passed, dropped and lost.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { WAITING = 1 << 15, LONGEST = 1600, AT_ONCE = 256 };

struct packet {
    int64_t due;
    int length;
    unsigned char bytes[LONGEST];
};

struct direction {
    struct packet *ring;
    unsigned first, end;
    int64_t free_at;
    unsigned long passed, dropped, lost;
};

static struct direction directions[2];

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static uint32_t drawn(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return *state >> 33;
}

static int opened(const char *name)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    if (device < 0 || ioctl(device, TUNSETIFF, &request) < 0) {
        perror(name);
        exit(1);
    }
    return device;
}

static int64_t sent(int device, struct direction *way, int64_t at)
{
    while (way->first != way->end) {
        struct packet *next = &way->ring[way->first % WAITING];
        if (next->due > at)
            return next->due - at;
        if (write(device, next->bytes, next->length) == next->length)
            way->passed++;
        way->first++;
    }
    return 1000000000LL;
}

int main(int count, char **arguments)
{
    if (count != 9)
        return 2;
    const int64_t each = 1000000000LL / atoll(arguments[2]), most = atoll(arguments[3]) * 1000000LL;
    const int64_t delay = atoll(arguments[4]) * 1000000LL;
    const unsigned lossy = atoi(arguments[5]);
    uint64_t state = strtoull(arguments[6], 0, 10);
    const uint32_t network = inet_addr(arguments[7]), mask = inet_addr(arguments[8]);
    const int device = opened(arguments[1]);
    for (int way = 0; way < 2; way++)
        directions[way].ring = malloc(WAITING * sizeof(struct packet));
    puts(arguments[1]);
    fflush(stdout);
    for (;;) {
        int64_t time = now(), wait = sent(device, &directions[0], time), other = sent(device, &directions[1], time);
        struct pollfd ready[2] = {{.fd = device, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
        wait = other < wait ? other : wait;
        struct timespec patience = {.tv_sec = wait / 1000000000LL, .tv_nsec = wait % 1000000000LL};
        ppoll(ready, 2, &patience, 0);
        if (ready[1].revents)
            break;
        for (int taken = 0; taken < AT_ONCE; taken++) {
            struct packet arrived;
            arrived.length = read(device, arrived.bytes, LONGEST);
            if (arrived.length < 20)
                break;
            uint32_t to;
            memcpy(&to, arrived.bytes + 16, 4);
            struct direction *way = &directions[(to & mask) == network];
            int64_t at = now();
            if (drawn(&state) % 1000 < lossy) {
                way->lost++;
                continue;
            }
            way->free_at = way->free_at > at ? way->free_at : at;
            if (way->free_at - at > most || way->end - way->first == WAITING) {
                way->dropped++;
                continue;
            }
            way->free_at += each;
            arrived.due = way->free_at + delay;
            memcpy(&way->ring[way->end++ % WAITING], &arrived, offsetof(struct packet, bytes) + arrived.length);
        }
    }
    for (int way = 0; way < 2; way++)
        printf("%lu %lu %lu\n", directions[way].passed, directions[way].dropped, directions[way].lost);
    return 0;
}
