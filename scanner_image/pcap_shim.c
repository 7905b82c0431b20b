/*
 * What masscan loads as its libpcap: the real one with other settings.
 *
 * masscan 1.3.2 asks for a snap length of 65,536, which makes a ring of a few dozen frames: answers to a burst of probes
 * are lost. And it waits in a read that a silent link never ends. Here frames are short and the ring is large, own
 * transmits stay out of it, so do answers to others that scan from here meanwhile (masscan's own port is in VEDETTE_PORT),
 * and a read gives up after a tenth of a second. Refusals stay out too where nobody asked for them (VEDETTE_REFUSALS is not
 * set): masscan answers each with a reset of its own, which its rate and the path have to bear, and so sends half as many
 * probes. At the end it tells what was lost all the same, dropped by the kernel or left unread, so that a scan with losses is not taken for a whole one. Twice a second it
 * tells besides, among what masscan finds and in the same order, until when (in milliseconds of the monotonic clock) all
 * that arrived has been read: what was asked long enough before that need not be asked again by who goes on.
 *
 * masscan counts the steps of its own loop, and does not look whether a packet was taken. Here one that the interface refuses
 * is sent again for a tenth of a second, since a queue is full for a moment only, and what was taken and what was not is counted
 * and told. Symbols that are not here are found in the real library, which this one is linked to: dlsym searches the
 * dependencies of a handle too.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

enum { MOST_UNREAD = 100000, SNAP_LENGTH = 256, RING_BYTES = 64 << 20, READ_MILLISECONDS = 100, TELL_MILLISECONDS = 500, INBOUND = 1 };
enum { MOST_TRIES = 100, TRY_MICROSECONDS = 1000 };

typedef struct pcap pcap_t;
struct pcap_pkthdr {
    struct timeval time;
    unsigned captured, length;
};
struct pcap_stat {
    unsigned received, dropped, dropped_by_interface;
};
struct bpf_program {
    unsigned length;
    void *instructions;
};
int pcap_compile(pcap_t *, struct bpf_program *, const char *, int, unsigned);
int pcap_setfilter(pcap_t *, struct bpf_program *);
void pcap_freecode(struct bpf_program *);
int pcap_set_snaplen(pcap_t *, int);
int pcap_set_buffer_size(pcap_t *, int);
int pcap_set_immediate_mode(pcap_t *, int);
int pcap_setdirection(pcap_t *, int);
int pcap_fileno(pcap_t *);
int pcap_stats(pcap_t *, struct pcap_stat *);

/* libpcap looks for flags in IPv4 alone; in IPv6 they are where there are no extension headers, as in an answer to a SYN. */
#define NO_RESETS " and not tcp[tcpflags] & tcp-rst != 0 and not (ip6 and ip6[53] & 4 != 0)"

static pcap_t *opened;
static unsigned long long sent, unsent;

static int only_own(pcap_t *handle)
{
    const char *port = getenv("VEDETTE_PORT");
    struct bpf_program program;
    char expression[160];
    int result;
    if (!port)
        return 0;
    snprintf(expression, sizeof expression, "arp or icmp6 or (tcp dst port %u%s)",
             (unsigned)(strtoul(port, 0, 10) & 0xffff), getenv("VEDETTE_REFUSALS") ? "" : NO_RESETS);
    if (pcap_compile(handle, &program, expression, 1, 0xffffffff))
        return -1;
    result = pcap_setfilter(handle, &program);
    pcap_freecode(&program);
    return result;
}

int pcap_activate(pcap_t *handle)
{
    int (*real)(pcap_t *) = (int (*)(pcap_t *))dlsym(RTLD_NEXT, "pcap_activate");
    int on = 1, result;
    if (pcap_set_snaplen(handle, SNAP_LENGTH) || pcap_set_buffer_size(handle, RING_BYTES) ||
        pcap_set_immediate_mode(handle, 1))
        return -1;
    result = real(handle);
    if (result < 0)
        return result;
    /* The kernel keeps transmits out of the ring; where it is too old to, libpcap drops them on reading. */
    setsockopt(pcap_fileno(handle), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
    pcap_setdirection(handle, INBOUND);
    if (only_own(handle))
        return -1;
    fprintf(stderr, "vedette-pcap: snap length %d, ring of %d bytes\n", SNAP_LENGTH, RING_BYTES);
    opened = handle;
    return result;
}

static long long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Nothing waits to be read: masscan has said all that it found in what arrived until then. */
static void tell_heard(pcap_t *handle)
{
    static long long told;
    struct pollfd ready = {.fd = pcap_fileno(handle), .events = POLLIN};
    struct pcap_stat counted = {0};
    long long now = milliseconds();
    if (handle != opened || now - told < TELL_MILLISECONDS || poll(&ready, 1, 0) != 0 || pcap_stats(handle, &counted))
        return;
    told = now;
    printf("vedette-pcap: heard until %lld, dropped %u, unsent %llu\n", now, counted.dropped, unsent);
    fflush(stdout);
}

const unsigned char *pcap_next(pcap_t *handle, struct pcap_pkthdr *header)
{
    static const unsigned char *(*real)(pcap_t *, struct pcap_pkthdr *);
    struct pollfd ready = {.fd = pcap_fileno(handle), .events = POLLIN};
    if (!real)
        real = (const unsigned char *(*)(pcap_t *, struct pcap_pkthdr *))dlsym(RTLD_NEXT, "pcap_next");
    tell_heard(handle);
    return poll(&ready, 1, READ_MILLISECONDS) > 0 ? real(handle, header) : 0;
}

/* After one that was not taken in the end the run is not whole, and no other is waited for. */
int pcap_sendpacket(pcap_t *handle, const unsigned char *packet, int size)
{
    static int (*real)(pcap_t *, const unsigned char *, int);
    int left = unsent ? 0 : MOST_TRIES, result;
    if (!real)
        real = (int (*)(pcap_t *, const unsigned char *, int))dlsym(RTLD_NEXT, "pcap_sendpacket");
    while ((result = real(handle, packet, size)) != 0 && left-- > 0)
        usleep(TRY_MICROSECONDS);
    if (result == 0)
        sent++;
    else
        unsent++;
    return result;
}

static void account(void)
{
    struct pcap_pkthdr header;
    struct pcap_stat counted = {0};
    struct pollfd ready = {.events = POLLIN};
    unsigned unread = 0;
    if (!opened)
        return;
    pcap_stats(opened, &counted);
    ready.fd = pcap_fileno(opened);
    while (unread < MOST_UNREAD && poll(&ready, 1, 0) > 0 && pcap_next(opened, &header))
        unread++;
    fprintf(stderr, "\nvedette-pcap: received %u, dropped %u, unread %u, sent %llu, unsent %llu\n", counted.received,
            counted.dropped, unread, sent, unsent);
    opened = 0;
}

void pcap_close(pcap_t *handle)
{
    void (*real)(pcap_t *) = (void (*)(pcap_t *))dlsym(RTLD_NEXT, "pcap_close");
    if (handle == opened)
        account();
    real(handle);
}

__attribute__((destructor)) static void at_exit(void)
{
    account();
}
