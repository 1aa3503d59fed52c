/* zfs-guix --- OpenZFS for each Linux kernel of GNU Guix
   Copyright © 2026 The zfs-guix authors

   This program is free software; you can redistribute it and/or modify it
   under the terms of the GNU General Public License as published by
   the Free Software Foundation; either version 3 of the License, or (at
   your option) any later version.

   This program is distributed in the hope that it will be useful, but
   WITHOUT ANY WARRANTY; without even the implied warranty of
   MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
   GNU General Public License for more details.

   You should have received a copy of the GNU General Public License
   along with this program.  If not, see <http://www.gnu.org/licenses/>.  */

/* A command of OpenZFS: become that of the booted system, whose kernel and
   modules are one profile.  Which command it is, the name of its own file in
   the store says: neither arguments, nor environment, nor the link by which it
   was found decide what it runs.  It opens no file, so that no limit stops it
   that lets the real program run.  */

#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define PROFILE "/run/booted-system/kernel"

static const char *const folders[] = { "/sbin/", "/bin/" };

/* OpenZFS 2.4 renamed two of its commands.  */
static const char *const renamed[][2] =
  {
    { "arc_summary", "zarcsummary" },
    { "arcstat", "zarcstat" }
  };

/* The file of this program, STORE/ITEM/FOLDER/NAME, and parts of that.  */
static char self[PATH_MAX], store[PATH_MAX];
static const char *name = "zfs-guix-tools";

/* Print a sentence on standard error, and exit as a command does that cannot
   be run.  */
static void __attribute__ ((noreturn, format (printf, 1, 2)))
fail (const char *format, ...)
{
  char text[3 * PATH_MAX], line[4 * sizeof text];
  char *end = line;
  int length = snprintf (text, sizeof text, "%s: ", name);
  va_list arguments;
  va_start (arguments, format);
  vsnprintf (text + length, sizeof text - (size_t) length, format, arguments);
  va_end (arguments);
  /* No terminal obeys what is printed, whatever bytes a path has.  */
  for (const char *byte = text; *byte != '\0'; byte++)
    if (*byte >= ' ' && *byte <= '~' && *byte != '\\')
      *end++ = *byte;
    else
      end += sprintf (end, "\\x%02x", (unsigned char) *byte);
  end = stpcpy (end, ".\n");

  /* The exit status is right even where the sentence cannot be written.  */
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN);
  ssize_t written = write (STDERR_FILENO, line, (size_t) (end - line));
  (void) written;

  /* fsck(8) and mount(8) read these statuses as "operational error" and as
     "system error", and 127 as every error at once.  */
  _exit (strcmp (name, "fsck.zfs") == 0 ? 8
         : strcmp (name, "mount.zfs") == 0 ? 2 : 127);
}

static void
find_self (void)
{
  if (readlink ("/proc/self/exe", self, sizeof self - 1) < 0)
    fail ("cannot find its own file, which /proc/self/exe names: %s",
          strerror (errno));
  name = strrchr (self, '/') + 1;
  strcpy (store, self);
  for (int part = 0; part < 3 && *store != '\0'; part++)
    *strrchr (store, '/') = '\0';
}

/* Fail if PATH is a link to what is not there.  */
static void
expect_target (const char *path)
{
  struct stat status;
  if (lstat (path, &status) == 0 && stat (path, &status) != 0)
    fail ("what %s links to is gone from the store: run 'guix system"
          " reconfigure' and reboot", path);
}

/* Become COMMAND of the profile, if it is there.  */
static void
become (const char *command, char *argv[])
{
  for (size_t folder = 0; folder < sizeof folders / sizeof *folders; folder++)
    {
      char link[PATH_MAX], file[PATH_MAX];
      snprintf (link, sizeof link, PROFILE "%s%s", folders[folder], command);
      if (realpath (link, file) == NULL)
        {
          if (errno != ENOENT)
            fail ("cannot find %s: %s", link, strerror (errno));
          expect_target (link);
          continue;
        }
      if (*store == '\0' || strncmp (file, store, strlen (store)) != 0
          || file[strlen (store)] != '/')
        fail ("%s is %s, which is not below %s: run 'guix system reconfigure'"
              " and reboot", link, file, store);
      if (strcmp (file, self) == 0)
        fail ("%s is this command itself: take zfs-guix-tools out of the"
              " 'kernel-loadable-modules' of your operating-system,"
              " reconfigure and reboot", link);
      execv (file, argv);
      /* The file was there a moment ago.  */
      fail ("cannot run %s: %s", file, errno == ENOENT
            ? "its interpreter is not there" : strerror (errno));
    }
}

int
main (int argc, char *argv[])
{
  struct stat status;
  struct utsname system;
  unsigned int major, minor;
  char variant[64] = "the zfs-for-linux package of your kernel's series";

  (void) argc;
  find_self ();
  become (name, argv);
  for (size_t pair = 0; pair < sizeof renamed / sizeof *renamed; pair++)
    for (int side = 0; side < 2; side++)
      if (strcmp (name, renamed[pair][side]) == 0)
        become (renamed[pair][!side], argv);

  expect_target (PROFILE);
  /* The profile links to the folder of a package that alone has it.  */
  expect_target (strstr (self, "/sbin/") == NULL
                 ? PROFILE "/bin" : PROFILE "/sbin");
  if (stat (PROFILE, &status) != 0)
    fail ("there is no %s, the kernel and modules of the booted system: run"
          " this on Guix System, outside any container", PROFILE);
  if (lstat (PROFILE "/sbin/zpool", &status) == 0)
    fail ("the OpenZFS in %s has no %s: boot a system whose OpenZFS has it",
          PROFILE, name);
  if (uname (&system) == 0
      && sscanf (system.release, "%u.%u", &major, &minor) == 2)
    snprintf (variant, sizeof variant, "zfs-for-linux-%u.%u", major, minor);
  fail ("%s has no ZFS: add %s to the 'kernel-loadable-modules' of your"
        " operating-system, reconfigure and reboot", PROFILE, variant);
}
