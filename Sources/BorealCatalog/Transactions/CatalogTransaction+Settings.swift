import BorealBase
import BorealSQLite

extension CatalogTransaction {
    // MARK: - Settings

    /// Makes a setting durable; nil goes back to what the other sources say.
    public func setSetting(_ name: String, to value: String?) throws(CatalogError) {
        if let value {
            try run(
                """
                INSERT INTO settings (name, value, changed) VALUES (?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed = excluded.changed
                """,
                [.text(name), .text(value), .time(now)]
            )
        } else {
            try run("DELETE FROM settings WHERE name = ?", [.text(name)])
        }
        content.settings[name] = value
    }

    // MARK: - Uploads

    /// Notes a file that arrived. Another account's upload of that name is not replaced.
    ///
    /// - Throws: `CatalogError.uploadOwned`.
    func recordUpload(
        _ name: String,
        owner: String,
        bytes: Int64
    ) throws(CatalogError) -> Upload {
        if let known = content.uploads[name], known.owner != owner {
            throw .uploadOwned(name: name)
        }
        try run(
            """
            INSERT INTO uploads (name, owner, bytes, created, used) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET bytes = excluded.bytes, created = excluded.created,
                used = excluded.used
            """,
            [.text(name), .text(owner), .integer(bytes), .time(now), .time(now)]
        )
        let upload = Upload(name: name, owner: owner, bytes: bytes, created: now, used: now)
        content.uploads[name] = upload
        return upload
    }

    func touchUpload(_ name: String) throws(CatalogError) {
        guard var upload = content.uploads[name] else { throw .uploadNotFound(name: name) }
        upload.used = now
        try run("UPDATE uploads SET used = ? WHERE name = ?", [.time(now), .text(name)])
        content.uploads[name] = upload
    }

    func removeUpload(_ name: String) throws(CatalogError) {
        try run("DELETE FROM uploads WHERE name = ?", [.text(name)])
        content.uploads[name] = nil
    }
}
