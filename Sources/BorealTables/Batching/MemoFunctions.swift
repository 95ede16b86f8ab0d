import BorealBase
import BorealSQLite

/// The functions by which a statement looks at the answers of its passes.
extension FunctionRegistry {
    func addMemos() throws(SQLiteError) {
        let context = context
        // slot, whether a miss is an error, arguments
        try addRaw("b_memo", isDeterministic: false) { call in
            context.answer(call) { try $0.answer(call, 2..<call.count) }
        }
        // slot, whether a miss is an error, packs of arguments
        try addRaw("b_memo_packed", isDeterministic: false) { call in
            context.answer(call) { memo in
                try memo.answer(packs: (2..<call.count).map { call.bytes($0) })
            }
        }
        try addRaw("b_pack") { call in call.result(BatchMemo.pack(call)) }
        // True while one of these slots still waits for answers.
        try addRaw("b_pending", isDeterministic: false) { call in
            let isPending = (0..<call.count).contains { index in
                let slot = Int(call.int64(index))
                return context.memos.indices.contains(slot) && !context.memos[slot].isComplete
            }
            call.result(isPending)
        }
    }
}

extension FunctionContext {
    /// Answers a look-up from the memo that the first argument names.
    fileprivate func answer(
        _ call: SQLiteCall,
        _ body: (BatchMemo) throws -> SQLiteValue?
    ) {
        let slot = Int(call.int64(0))
        guard memos.indices.contains(slot) else {
            return fail(call, .internalError("a batched call without its pass"))
        }
        do {
            if let answer = try body(memos[slot]) { return call.result(answer) }
            if call.int64(1) == 0 { return call.resultNull() }
            fail(call, .notSupported("a batched function over arguments that change meanwhile"))
        } catch {
            fail(call, .internalError("\(error)"))
        }
    }
}
