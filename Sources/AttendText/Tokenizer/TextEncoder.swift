import AttendBase

/// The working memory of one call of `encode`.
struct TextEncoder {
  private let tokenizer: ByteLevelBPE
  private let byteTokens: UnsafeBufferPointer<Int32>
  private let merger: WordMerger
  private let cache: WordCache
  private var ids: [Int32]
  /// Tokens of the piece in work; grows with the longest piece.
  private var work: UnsafeMutablePointer<Int32>
  private var workCapacity = 64
  private var failure: AttendError?

  init(
    tokenizer: ByteLevelBPE, merges: MergeTable.Reader, byteTokens: UnsafeBufferPointer<Int32>, textLength: Int,
    start: [Int32]
  ) {
    self.tokenizer = tokenizer
    self.byteTokens = byteTokens
    merger = WordMerger(merges: merges)
    cache = WordCache(textLength: textLength)
    work = .allocate(capacity: workCapacity)
    ids = start
    ids.reserveCapacity(ids.count + textLength / 4 + 16)
  }

  /// Frees the memory and returns the ids, or what went wrong; nothing may be called afterwards.
  consuming func finish() -> Result<[Int32], AttendError> {
    merger.deallocate()
    cache.deallocate()
    work.deallocate()
    return failure.map { .failure($0) } ?? .success(ids)
  }

  mutating func encode(_ bytes: UnsafeRawBufferPointer, allowSpecial: Bool) {
    tokenizer.splitter.forEachPart(
      of: bytes, allowSpecial: allowSpecial, token: { ids.append($0) }, text: { text, _ in encodeText(text) })
  }

  private mutating func encodeText(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first else { return }
    if tokenizer.addsPrefixSpace && first != UInt8(ascii: " ") {
      let spaced = [UInt8(ascii: " ")] + bytes
      spaced.withUnsafeBytes { encodePieces($0) }
    } else {
      encodePieces(bytes)
    }
  }

  private mutating func encodePieces(_ bytes: UnsafeRawBufferPointer) {
    do throws(AttendError) {
      try tokenizer.preTokenizer.forEachPiece(of: bytes) { encodePiece(bytes, $0, $1 - $0) }
    } catch {
      failure = failure ?? error
    }
  }

  @inline(__always) private mutating func encodePiece(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ length: Int) {
    if length == 1, byteTokens[Int(bytes[start])] >= 0 {
      ids.append(byteTokens[Int(bytes[start])])
      return
    }
    guard length <= WordCache.longest else {
      let count = merge(bytes, start, length)
      ids.append(contentsOf: UnsafeBufferPointer(start: work, count: count))
      return
    }
    let key = WordCache.key(bytes, start, length)
    let entry = cache.entry(key)
    if entry.pointee.low == key.low && entry.pointee.high == key.high {
      let tokens = entry.pointee.tokens
      ids.append(tokens[0])
      if tokens[1] >= 0 {
        ids.append(tokens[1])
        for index in 2..<4 where tokens[index] >= 0 { ids.append(tokens[index]) }
      }
      return
    }
    let count = merge(bytes, start, length)
    ids.append(contentsOf: UnsafeBufferPointer(start: work, count: count))
    if count > 0 && count <= WordCache.mostTokens {
      var tokens = SIMD4<Int32>(repeating: -1)
      for index in 0..<count { tokens[index] = work[index] }
      entry.initialize(to: .init(low: key.low, high: key.high, tokens: tokens))
    }
  }

  /// Leaves the piece's tokens in `work` and returns their number.
  @inline(never) private mutating func merge(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ length: Int) -> Int {
    if let whole = tokenizer.wholePiece(UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])) {
      work[0] = whole
      return 1
    }
    if length > workCapacity {
      work.deallocate()
      workCapacity = length
      work = .allocate(capacity: length)
    }
    var count = 0
    for index in start..<start + length {
      let token = byteTokens[Int(bytes[index])]
      guard token >= 0 else {
        if let replacement = tokenizer.replacement {
          work[count] = replacement
          count += 1
        }
        continue
      }
      work[count] = token
      count += 1
    }
    return merger.merge(work, count: count)
  }
}

extension ByteLevelBPE {
  func wholePiece(_ piece: UnsafeRawBufferPointer) -> Int32? {
    guard let wholePieces, let start = piece.baseAddress else { return nil }
    return wholePieces.withReader(pieces) { $0.find(start.assumingMemoryBound(to: UInt8.self), piece.count) }
  }
}
