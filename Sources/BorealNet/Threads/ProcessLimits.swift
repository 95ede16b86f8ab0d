import CLinux
import Glibc

/// What a server process sets once at its start.
public enum ProcessLimits {
    /// Raises the number of descriptors the process may hold to what the system allows.
    ///
    /// - Returns: the number that holds now.
    @discardableResult
    public static func raiseDescriptors() -> Int {
        Int(clamping: boreal_raise_descriptor_limit())
    }

    /// Writing to a pipe or socket whose reader is gone becomes an error instead of the process's
    /// end.
    public static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }

    /// Descriptors that are open now.
    public static var openDescriptorCount: Int {
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // ".", ".." and the folder's own descriptor.
        return max(0, count - 3)
    }
}
