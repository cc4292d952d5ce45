import AttendBase

/// All pieces of a vocabulary, found by their first bytes.
struct PieceTrie: Sendable {
  /// Node and byte lead to a node.
  private var edges: MergeTable
  /// Position of the piece that ends at a node, else −1.
  private var pieces: [Int32] = [-1]

  /// - Parameter includes: which of the strings are pieces.
  init(_ strings: ByteStrings, includes: (Int) -> Bool) {
    edges = MergeTable(capacity: strings.bytes.count)
    for position in 0..<strings.count where !strings[position].isEmpty && includes(position) {
      var node: Int32 = 0
      for byte in strings[position] { node = child(of: node, byte) }
      if pieces[Int(node)] < 0 { pieces[Int(node)] = Int32(position) }
    }
  }

  private mutating func child(of node: Int32, _ byte: UInt8) -> Int32 {
    let found = edges.entries.withUnsafeBufferPointer { MergeTable.Reader($0).merge(node, Int32(byte)) }
    if found != MergeTable.none { return Int32(truncatingIfNeeded: found) }
    let new = Int32(pieces.count)
    pieces.append(-1)
    edges.insert(left: node, right: Int32(byte), rank: 0, result: new)
    return new
  }

  /// Calls `body` with each piece that the bytes from `start` on begin with, and where it ends, shortest first.
  @inline(__always) func forEachPrefix(
    of bytes: UnsafeRawBufferPointer, from start: Int, _ body: (_ piece: Int, _ end: Int) -> Void
  ) {
    edges.entries.withUnsafeBufferPointer { entries in
      pieces.withUnsafeBufferPointer { pieces in
        let reader = MergeTable.Reader(entries)
        var node: Int32 = 0
        var position = start
        while position < bytes.count {
          let step = reader.merge(node, Int32(bytes[position]))
          if step == MergeTable.none { return }
          node = Int32(truncatingIfNeeded: step)
          position += 1
          if pieces[Int(node)] >= 0 { body(Int(pieces[Int(node)]), position) }
        }
      }
    }
  }
}
