import Glibc

/// The system's libzstd, when there is one: looked for when the first client may want it, so that
/// neither building nor running needs the package.
enum Zstandard {
    fileprivate typealias Make = @convention(c) () -> OpaquePointer?
    fileprivate typealias Free = @convention(c) (OpaquePointer?) -> Int
    fileprivate typealias Compress =
        @convention(c) (
            OpaquePointer?, UnsafeMutableRawPointer?, Int, UnsafeRawPointer?, Int, Int32
        ) -> Int
    fileprivate typealias Decompress =
        @convention(c) (
            OpaquePointer?, UnsafeMutableRawPointer?, Int, UnsafeRawPointer?, Int
        ) -> Int
    fileprivate typealias IsError = @convention(c) (Int) -> UInt32

    /// The functions that are called, all of the library's stable interface.
    struct Library: Sendable {
        fileprivate let makeCompressor: Make
        fileprivate let freeCompressor: Free
        fileprivate let compress: Compress
        fileprivate let makeDecompressor: Make
        fileprivate let freeDecompressor: Free
        fileprivate let decompress: Decompress
        fileprivate let isError: IsError
    }

    /// One of the library's contexts.
    // Unchecked: the pool lends it to one thread at a time.
    private final class Context: @unchecked Sendable {
        let pointer: OpaquePointer
        private let free: Free

        init?(_ make: Make, _ free: Free) {
            guard let pointer = make() else { return nil }
            self.pointer = pointer
            self.free = free
        }

        deinit { _ = free(pointer) }
    }

    private static let soname = "libzstd.so.1"

    /// Nil when the system has no libzstd. It stays loaded.
    static let library: Library? = {
        guard let handle = dlopen(soname, RTLD_NOW | RTLD_LOCAL) else { return nil }
        func find<Function>(_ name: String, _ type: Function.Type) -> Function? {
            // The types above are those of zstd.h.
            dlsym(handle, name).map { unsafeBitCast($0, to: type) }
        }
        guard let makeCompressor = find("ZSTD_createCCtx", Make.self),
            let freeCompressor = find("ZSTD_freeCCtx", Free.self),
            let compress = find("ZSTD_compressCCtx", Compress.self),
            let makeDecompressor = find("ZSTD_createDCtx", Make.self),
            let freeDecompressor = find("ZSTD_freeDCtx", Free.self),
            let decompress = find("ZSTD_decompressDCtx", Decompress.self),
            let isError = find("ZSTD_isError", IsError.self)
        else { return nil }
        return Library(
            makeCompressor: makeCompressor,
            freeCompressor: freeCompressor,
            compress: compress,
            makeDecompressor: makeDecompressor,
            freeDecompressor: freeDecompressor,
            decompress: decompress,
            isError: isError
        )
    }()

    private static let compressors = ContextPool<Context> {
        library.flatMap { Context($0.makeCompressor, $0.freeCompressor) }
    }
    private static let decompressors = ContextPool<Context> {
        library.flatMap { Context($0.makeDecompressor, $0.freeDecompressor) }
    }

    /// Nil when it does not fit.
    static func pack(
        _ plain: UnsafeRawBufferPointer,
        into target: UnsafeMutableRawBufferPointer,
        level: Int32
    ) -> Int? {
        guard let library else { return nil }
        let count = compressors.with {
            library.compress(
                $0.pointer,
                target.baseAddress,
                target.count,
                plain.baseAddress,
                plain.count,
                level
            )
        }
        guard let count, library.isError(count) == 0 else { return nil }
        return count
    }

    /// Nil when the bytes are broken or do not fit.
    static func unpack(
        _ packed: UnsafeRawBufferPointer,
        into target: UnsafeMutableRawBufferPointer
    ) -> Int? {
        guard let library else { return nil }
        let count = decompressors.with {
            library.decompress(
                $0.pointer,
                target.baseAddress,
                target.count,
                packed.baseAddress,
                packed.count
            )
        }
        guard let count, library.isError(count) == 0 else { return nil }
        return count
    }
}
