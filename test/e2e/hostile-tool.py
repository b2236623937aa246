# A tool of a service that has been taken over: writes into the directory that is given to it, as backup tools do, and leaves a child
# behind that goes on for a while. Usage: hostile-tool.py VARIANT DIRECTORY SEED
#   late   the child keeps writing: by a descriptor, by one that is only on its way through a socket, by a mapping
#   swap   the child swaps files and directories for links to what is outside, and gives its files second names
#   junk   no child: one of the things that no backup tool makes
import ctypes, mmap, os, random, socket, sys, time

OUTSIDE = "/srv/outside"
OWN = "/data/jts/hot/redis/data"
variant, directory, seed = sys.argv[1:4]
luck = random.Random(int(seed))
libc = ctypes.CDLL(None, use_errno=True)


def put(name, text=b"first\n" * 1000):
    with open(os.path.join(directory, name), "wb") as file:
        file.write(text)


def exchange(a, b):
    libc.renameat2(-100, a.encode(), -100, b.encode(), 2)


def attempt(act):
    try:
        return act()
    except OSError:
        return None


def leave_child(act):
    ready, told = os.pipe()
    if os.fork() == 0:
        os.setsid()
        for fd in (0, 1, 2):
            os.close(fd)
        # Some of them much longer than it takes to look at all processes.
        until = time.monotonic() + (1.0 if int(seed) % 20 == 2 else luck.random() * 0.08)
        act(until, lambda: os.write(told, b"x"))
        os._exit(0)
    os.read(ready, 1)


def late(until, begun):
    fds = [os.open(os.path.join(directory, name), os.O_RDWR) for name in ("a", "b", "c")]
    inside = os.open(directory, os.O_RDONLY)
    one, other = socket.socketpair()
    socket.send_fds(one, [b"x"], [fds[1]])
    os.close(fds[1])
    hides = int(seed) // 2 % 2 == 1
    mapped = None if hides else mmap.mmap(fds[2], 6000)
    os.close(fds[2])
    if hides:
        os.close(fds[0])
    begun()
    while time.monotonic() < until:
        # On its way it is in nobody's list of open files.
        if hides:
            time.sleep(0.004)
        _, [fd], _, _ = socket.recv_fds(other, 1, 1)
        os.pwrite(fd, os.urandom(64), luck.randrange(5000))
        socket.send_fds(one, [b"x"], [fd])
        os.close(fd)
        if hides:
            continue
        os.pwrite(fds[0], os.urandom(64), luck.randrange(5000))
        mapped[luck.randrange(5900)] = luck.randrange(256)
        attempt(lambda: os.close(os.open("added", os.O_CREAT | os.O_WRONLY, dir_fd=inside)))
        attempt(lambda: os.link(f"/proc/self/fd/{fds[0]}", f"{OWN}/kept", follow_symlinks=True))
        attempt(lambda: os.unlink(f"{OWN}/kept"))


def swap(until, begun):
    at = lambda name: os.path.join(directory, name)
    attempt(lambda: os.symlink(f"{OUTSIDE}/secret", f"{OWN}/link-{seed}"))
    attempt(lambda: os.symlink(OUTSIDE, f"{OWN}/other-{seed}"))
    os.mkdir(at("d/e"))
    attempt(lambda: put("d/e/f"))
    inside = os.open(directory, os.O_RDONLY)
    deep = os.open(at("d"), os.O_RDONLY)
    own = os.open(OWN, os.O_RDONLY)
    begun()
    # Half of the time a link is in there, and the file or directory is in its own.
    while time.monotonic() < until:
        libc.renameat2(own, f"link-{seed}".encode(), inside, b"a", 2)
        libc.renameat2(own, f"other-{seed}".encode(), deep, b"e", 2)
        attempt(lambda: os.link("b", f"second-{seed}", src_dir_fd=inside, dst_dir_fd=own))
        attempt(lambda: os.unlink(f"second-{seed}", dir_fd=own))
        if luck.random() < 0.3:
            time.sleep(0.001)


def deep():
    os.chdir(directory)
    for _ in range(400):
        os.mkdir("n")
        os.chdir("n")


def full_of_holes():
    with open(os.path.join(directory, "holes"), "wb") as file:
        file.truncate(1 << 40)


def setuid():
    put("setuid", open("/bin/true", "rb").read())
    os.chmod(os.path.join(directory, "setuid"), 0o6755)


def listed():
    # An access list of version 2: user, a named user with all rights, group, mask, others.
    entries = [(1, 7, -1), (2, 7, 65534), (4, 7, -1), (16, 7, -1), (32, 7, -1)]
    text = b"\x02\0\0\0" + b"".join(
        t.to_bytes(2, "little") + p.to_bytes(2, "little") + (i & 0xFFFFFFFF).to_bytes(4, "little") for t, p, i in entries
    )
    attempt(lambda: os.setxattr(os.path.join(directory, "a"), "system.posix_acl_access", text))
    attempt(lambda: os.setxattr(directory, "system.posix_acl_default", text))
    put("with-list")


def bound():
    name = os.path.join(directory, "socket")
    socket.socket(socket.AF_UNIX).bind(name)


JUNK = {
    "fifo": lambda: os.mkfifo(os.path.join(directory, "fifo")),
    "socket": bound,
    "link": lambda: os.symlink(f"{OUTSIDE}/secret", os.path.join(directory, "x")),
    "link to a directory": lambda: os.symlink(OUTSIDE, os.path.join(directory, "x")),
    "hard link to its own": lambda: os.link(os.path.join(directory, "a"), f"{OWN}/second-{seed}"),
    "name of a proof": lambda: put("verification.json", b'{"schemaVersion":1,"isGood":true}'),
    "name of a manifest": lambda: put("manifest.json", b"{}"),
    "name with a line break": lambda: put("a\nb"),
    "name that is no text": lambda: open(os.path.join(directory.encode(), b"\xff\xfe"), "wb").close(),
    "deep directories": deep,
    "holes": full_of_holes,
    "setuid": setuid,
    "access list": listed,
    "closed": lambda: os.chmod(os.path.join(directory, "a"), 0),
    "long name": lambda: put("n" * 255),
}

for name in ("a", "b", "c"):
    put(name)
os.mkdir(os.path.join(directory, "d"))
put("d/f")
if variant == "junk":
    names = sorted(JUNK)
    name = names[int(seed) % len(names)]
    print(name)
    JUNK[name]()
else:
    leave_child(late if variant == "late" else swap)
