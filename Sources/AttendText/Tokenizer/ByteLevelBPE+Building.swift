import AttendBase

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension ByteLevelBPE {
  /// - Throws: `damagedFile` when tokens repeat, a merge names tokens that do not exist, or ids are out of range.
  public init(_ description: Description) throws(AttendError) {
    try description.checkIDs()
    let vocabulary = description.vocabulary
    let added = description.addedTokens
    var special = [Bool](repeating: false, count: vocabulary.count)
    var isAdded = special
    for token in added {
      isAdded[Int(token.id)] = true
      if token.isSpecial { special[Int(token.id)] = true }
    }
    self.special = special
    addedTokens = Dictionary(added.map { ($0.content, $0) }) { first, _ in first }
    splitter = try AddedTokenSplitter(added, normalizer: description.normalizer)

    var duplicates: (Int, Int)?
    // Empty spellings are holes between ids; nothing can name them.
    let index = TokenIndex(vocabulary, duplicates: &duplicates) {
      vocabulary.offsets[$0] < vocabulary.offsets[$0 + 1]
    }
    if let (first, second) = duplicates {
      throw AttendError(
        .damagedFile, "\(description.source): the tokens \(first) and \(second) are spelled the same")
    }
    merges = try ByteLevelBPE.resolve(description.merges, vocabulary, index, description.source)
    byteTokens = index.withReader(vocabulary) { reader in
      (UInt8(0)...255).map { byte in
        let spelling = ByteAlphabet.spelling(of: byte)
        return spelling.withUnsafeBufferPointer { $0.baseAddress.flatMap { reader.find($0, spelling.count) } } ?? -1
      }
    }

    var isLiteral = isAdded
    pieces = ByteAlphabet.decode(vocabulary, isLiteral: &isLiteral)
    if description.ignoresMerges {
      wholePieces = TokenIndex(pieces, duplicates: &duplicates) { !isLiteral[$0] }
    } else {
      wholePieces = nil
    }
    specialTokens = description.specialTokens
    replacement = description.replacement
    preTokenizer = description.preTokenizer
    prefix = description.prefix
    suffix = description.suffix
    addsPrefixSpace = description.addsPrefixSpace
  }

  /// Looks up the ids of every merge's parts and result.
  static func resolve(
    _ merges: ByteStrings, _ vocabulary: ByteStrings, _ index: TokenIndex, _ source: String
  ) throws(AttendError) -> MergeTable {
    var table = MergeTable(capacity: merges.count)
    let joined = UnsafeMutablePointer<UInt8>.allocate(capacity: merges.bytes.count + 1)
    defer { joined.deallocate() }
    let bad = merges.withPointers { merges in
      index.withReader(vocabulary) { reader -> Int? in
        table.withWriter { writer -> Int? in
          for rank in 0..<merges.count {
            let (merge, count) = merges[rank]
            // A part is never empty, so the space that separates them is not the first byte.
            guard count > 2, let found = memchr(merge + 1, 0x20, count - 1) else { return rank }
            let leftCount = UnsafeRawPointer(found) - UnsafeRawPointer(merge)
            let rightCount = count - leftCount - 1
            guard rightCount > 0 else { return rank }
            joined.update(from: merge, count: leftCount)
            (joined + leftCount).update(from: merge + leftCount + 1, count: rightCount)
            guard let left = reader.find(merge, leftCount),
              let right = reader.find(merge + leftCount + 1, rightCount),
              let result = reader.find(joined, leftCount + rightCount)
            else { return rank }
            writer.insert(left: left, right: right, rank: rank, result: result)
          }
          return nil
        }
      }
    }
    if let bad {
      let text = JSON.string(String(decoding: merges[bad].prefix(60), as: UTF8.self)).text()
      throw AttendError(
        .damagedFile, "\(source): merge \(bad), \(text), does not join two tokens of the vocabulary to a third")
    }
    return table
  }
}

extension ByteLevelBPE.Description {
  fileprivate func checkIDs() throws(AttendError) {
    guard vocabulary.count < 1 << 28 else {
      throw AttendError(.damagedFile, "\(source): a vocabulary of \(vocabulary.count) tokens")
    }
    let roles = [
      specialTokens.beginning, specialTokens.end, specialTokens.endOfTurn, specialTokens.unknown,
      specialTokens.padding, replacement,
    ].compactMap { $0 }
    for id in roles + prefix + suffix + addedTokens.map(\.id) where id < 0 || id >= vocabulary.count {
      throw AttendError(
        .damagedFile, "\(source): the token id \(id) lies outside the vocabulary of \(vocabulary.count)")
    }
  }
}
