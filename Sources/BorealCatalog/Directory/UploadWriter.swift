public import BorealBase
import Glibc

/// Streams what `PUT /uploads/NAME` sends into the data directory. One thread at a time.
public final class UploadWriter {
    private let catalog: Catalog
    private let file: TemporaryFile
    private let name: String
    private let owner: String

    init(
        catalog: Catalog,
        name: String,
        owner: String,
        bytesMax: Int
    ) throws(CatalogError) {
        self.catalog = catalog
        self.name = name
        self.owner = owner
        file = try TemporaryFile(
            in: catalog.layout.uploads,
            bytesMax: Int64(bytesMax),
            isDurable: catalog.store.isDurable
        )
    }

    /// Appends bytes.
    ///
    /// - Throws: `CatalogError.diskFull`, `.tooLarge`, `.file`; the writer is closed then.
    public func write(_ buffer: UnsafeRawBufferPointer) throws(CatalogError) {
        try file.write(buffer)
    }

    /// Appends bytes.
    ///
    /// - Throws: `CatalogError.diskFull`, `.tooLarge`, `.file`; the writer is closed then.
    public func write(_ array: [UInt8]) throws(CatalogError) {
        try withBytes(of: array) { (buffer) throws(CatalogError) in try file.write(buffer) }
    }

    /// Makes the upload visible under its name, in place of an older one of the same owner.
    ///
    /// - Throws: `CatalogError.uploadOwned`, `.diskFull`, `.file`; nothing is left then.
    @discardableResult
    public func finish() throws(CatalogError) -> Upload {
        try file.synchronize()
        let bytes = file.bytes
        let path = catalog.layout.upload(name)
        return try catalog.update { (change) throws(CatalogError) in
            // Renamed inside the change, so that the owner is checked first. A crash in between
            // leaves the older row with the newer file, both of the same owner.
            let upload = try change.recordUpload(name, owner: owner, bytes: bytes)
            try file.rename(to: path)
            return upload
        }
    }

    /// Gives up: nothing is left.
    public func cancel() { file.discard() }
}

extension DataLayout {
    func upload(_ name: String) -> String { "\(uploads)/\(name)" }
}

extension Catalog {
    /// A stream into an upload.
    ///
    /// - Parameters:
    ///   - name: one path member: letters, digits, `.`, `_`, `-`, not beginning with a point.
    ///   - owner: the account, as `AccountName.plain`.
    /// - Throws: `CatalogError.invalidName`, `.nameTooLong`, `.uploadOwned`.
    public func makeUpload(
        _ name: String,
        owner: String,
        bytesMax: Int = Limits.uploadBytesMax
    ) throws(CatalogError) -> UploadWriter {
        try Self.checkUploadName(name)
        if let known = snapshot.upload(named: name), known.owner != owner {
            throw .uploadOwned(name: name)
        }
        return try UploadWriter(catalog: self, name: name, owner: owner, bytesMax: bytesMax)
    }

    /// Where an upload lies; using it keeps it for another day.
    ///
    /// - Parameter owner: nil for somebody who may use every upload.
    /// - Throws: `CatalogError.uploadNotFound`, also for the upload of another account.
    public func useUpload(_ name: String, owner: String?) throws(CatalogError) -> String {
        guard let upload = snapshot.upload(named: name), owner == nil || upload.owner == owner
        else {
            throw .uploadNotFound(name: name)
        }
        try update { (change) throws(CatalogError) in try change.touchUpload(name) }
        return layout.upload(name)
    }

    /// Removes an upload before its time.
    ///
    /// - Throws: `CatalogError.uploadNotFound`, also for the upload of another account.
    public func removeUpload(_ name: String, owner: String?) throws(CatalogError) {
        guard let upload = snapshot.upload(named: name), owner == nil || upload.owner == owner
        else {
            throw .uploadNotFound(name: name)
        }
        try update { (change) throws(CatalogError) in try change.removeUpload(name) }
        unlink(layout.upload(name))
    }

    /// Removes uploads that nobody used for a day, and what broken transfers left.
    ///
    /// - Returns: how many files went.
    @discardableResult
    public func sweepUploads(
        now: Instant = .now,
        idleSeconds: Int64 = CatalogLimits.uploadIdleSeconds
    ) throws(CatalogError) -> Int {
        let limit = now.seconds - idleSeconds
        var removed = 0
        for upload in snapshot.uploads where upload.used.seconds < limit {
            try update { (change) throws(CatalogError) in try change.removeUpload(upload.name) }
            if unlink(layout.upload(upload.name)) == 0 { removed += 1 }
        }
        let known = snapshot
        for name in FileSystem.names(in: layout.uploads) where known.upload(named: name) == nil {
            let path = layout.upload(name)
            guard let file = FileSystem.file(path), file.modifiedSeconds < limit else { continue }
            if unlink(path) == 0 { removed += 1 }
        }
        return removed
    }

    static func checkUploadName(_ name: String) throws(CatalogError) {
        guard name.utf8.count <= CatalogLimits.uploadNameBytesMax else {
            throw .nameTooLong(
                bytes: name.utf8.count,
                limit: CatalogLimits.uploadNameBytesMax
            )
        }
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, 0x2E, 0x5F, 0x2D: true
            default: false
            }
        }
        guard isPlain, let first = name.utf8.first, first != 0x2E else { throw .invalidName(name) }
    }
}
