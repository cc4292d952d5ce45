import AttendBase

extension SentencePieceBPE.Description {
  /// Scores that join pieces in the order of the merges: the earlier a piece is made, the higher its score.
  ///
  /// SentencePiece joins any two pieces that make a third, so the list has to hold every such pair, and all pairs that
  /// make the same piece next to each other: as lists do that were made from scores.
  /// - Throws: `unsupported` for lists that were not.
  func scoresOfPieces() throws(AttendError) -> [Float] {
    let merges: ByteStrings
    switch self.merges {
    case .scores(let scores): return scores
    case .list(let list): merges = list
    }
    let foreign = AttendError(
      .unsupported, "\(source): GGUF has no place for merges that were not made from a SentencePiece vocabulary")
    var ids: [ArraySlice<UInt8>: Int] = [:]
    var isNormal = [Bool](repeating: true, count: vocabulary.count)
    for token in addedTokens where isNormal.indices.contains(Int(token.id)) { isNormal[Int(token.id)] = false }
    for (id, piece) in vocabulary.enumerated() {
      if isHidden[id] || piece.isEmpty || Unigram.byte(piece) != nil { isNormal[id] = false }
      if isNormal[id] { ids[piece] = id }
    }
    var ranks = [Int?](repeating: nil, count: vocabulary.count)
    var pairs = [Int](repeating: 0, count: vocabulary.count)
    var last = -1
    for (rank, merge) in merges.enumerated() {
      guard let space = merge.firstIndex(of: 0x20) else { throw foreign }
      let joined = Array(merge[..<space] + merge[(space + 1)...])
      guard let id = ids[joined[...]] else { continue }
      if id != last {
        guard ranks[id] == nil else { throw foreign }
        ranks[id] = rank
        last = id
      }
      if ids[merge[..<space]] != nil, ids[merge[(space + 1)...]] != nil { pairs[id] += 1 }
    }
    for (id, piece) in vocabulary.enumerated() where isNormal[id] {
      let splits = piece.indices.dropFirst().count { ids[piece[..<$0]] != nil && ids[piece[$0...]] != nil }
      guard splits == pairs[id] else { throw foreign }
    }
    return (0..<vocabulary.count).map { id in isNormal[id] ? -Float(ranks[id] ?? merges.count) : 0 }
  }

  /// The tokenizer as a `tokenizer.json`, which the Hugging Face `tokenizers` library and ``SentencePieceBPE`` read.
  /// - Throws: `invalidInput` when a piece is not UTF-8.
  func tokenizerJSON() throws(AttendError) -> JSON {
    var vocab = JSON.Object()
    for (id, piece) in vocabulary.enumerated() where !piece.isEmpty {
      guard let text = String(validating: piece, as: UTF8.self) else {
        throw AttendError(.invalidInput, "\(source): piece \(id) is not UTF-8")
      }
      vocab[text] = JSON(id)
    }
    guard vocab.count == vocabulary.count(where: { !$0.isEmpty }) else {
      throw AttendError(.damagedFile, "\(source): a piece occurs twice")
    }
    let mark: JSON = ["type": "Replace", "pattern": ["String": " "], "content": "▁"]
    let prepend: JSON = ["type": "Prepend", "prepend": "▁"]
    let addsSpace = space != .never
    let unmark: JSON = ["type": "Replace", "pattern": ["String": "▁"], "content": " "]
    let strip: JSON = ["type": "Strip", "content": " ", "start": 1, "stop": 0]
    var decoders: [JSON] = [unmark, ["type": "ByteFallback"], ["type": "Fuse"]]
    if addsSpace { decoders.append(strip) }
    var around = JSON.null
    if !prefix.isEmpty || !suffix.isEmpty {
      around = SpecialTokenTemplate.json(prefix: prefix, suffix: suffix) { id in
        String(decoding: vocabulary[Int(id)], as: UTF8.self)
      }
    }
    let model: JSON = [
      "type": "BPE", "dropout": nil,
      "unk_token": unknown.map { .string(String(decoding: vocabulary[Int($0)], as: UTF8.self)) } ?? JSON.null,
      "continuing_subword_prefix": nil, "end_of_word_suffix": nil, "fuse_unk": true, "byte_fallback": true,
      "ignore_merges": false, "vocab": .object(vocab), "merges": .array(mergesAsJSON()),
    ]
    return [
      "version": "1.0", "truncation": nil, "padding": nil,
      "added_tokens": .array(addedTokens.sorted { $0.id < $1.id }.map(\.json)),
      "normalizer": ["type": "Sequence", "normalizers": .array(addsSpace ? [prepend, mark] : [mark])],
      "pre_tokenizer": nil, "post_processor": around,
      "decoder": ["type": "Sequence", "decoders": .array(decoders)], "model": model,
    ]
  }

  /// All pairs of pieces that make a third, those of the highest score first.
  private func mergesAsJSON() -> [JSON] {
    func text(_ piece: ArraySlice<UInt8>) -> JSON { .string(String(decoding: piece, as: UTF8.self)) }
    func pair(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> JSON { [text(left), text(right)] }
    let scores: [Float]
    switch merges {
    case .list(let list):
      return list.map { merge in
        let space = merge.firstIndex(of: 0x20) ?? merge.endIndex
        return pair(merge[..<space], merge[space...].dropFirst())
      }
    case .scores(let values): scores = values
    }
    var isNormal = isHidden.map { !$0 }
    for token in addedTokens where isNormal.indices.contains(Int(token.id)) && token.isSpecial {
      isNormal[Int(token.id)] = false
    }
    var ids: [ArraySlice<UInt8>: Int] = [:]
    for (id, piece) in vocabulary.enumerated() where isNormal[id] && Unigram.byte(piece) == nil { ids[piece] = id }
    let order = ids.values.sorted { (scores[$1], $0) < (scores[$0], $1) }
    return order.flatMap { id -> [JSON] in
      let piece = vocabulary[id]
      let splits = piece.indices.dropFirst().compactMap { middle -> (Int, Int, Int)? in
        guard let left = ids[piece[..<middle]], let right = ids[piece[middle...]] else { return nil }
        return (left, right, middle)
      }
      return splits.sorted { $0 < $1 }.map { pair(piece[..<$0.2], piece[$0.2...]) }
    }
  }
}
