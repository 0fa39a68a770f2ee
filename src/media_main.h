/** The media wing's main: one worker process, started by the supervisor. */
#ifndef MEDIA_MAIN_H
#define MEDIA_MAIN_H

#define MEDIA_EXIT_USAGE 2
#define MEDIA_EXIT_PORT  3 ///< the UDP or TCP port is in use

/** Runs `salon media` with main()'s arguments behind the subcommand's name (argv[0]). */
int media_main(int argc, char **argv);

#endif
