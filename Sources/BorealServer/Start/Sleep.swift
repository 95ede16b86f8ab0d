import Glibc

/// Waiting, for the thread that ends the server.
enum Sleep {
    static func milliseconds(_ count: Int) { usleep(UInt32(count) * 1_000) }
}
