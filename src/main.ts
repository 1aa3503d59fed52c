process.stdout.write("zfs-guix\n");
