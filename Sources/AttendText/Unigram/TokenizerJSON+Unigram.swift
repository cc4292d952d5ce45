import AttendBase

/// Reads `tokenizer.json` whatever kind of tokenizer it describes.
public enum TokenizerFile {
  /// - Parameters:
  ///   - configuration: the `tokenizer_config.json` beside it, which names the tokens with a role.
  ///   - source: the file's name, for error messages.
  /// - Throws: `unsupported` naming the part that this version lacks; `damagedFile` when the parts contradict each
  ///   other.
  public static func read(
    _ json: JSON, configuration: JSON? = nil, source: String
  ) throws(AttendError) -> any Tokenizer {
    if TokenizerJSON(root: json, source: source).isSentencePieceBPE {
      return try SentencePieceBPE(tokenizerJSON: json, configuration: configuration, source: source)
    }
    if json["model"]?["type"]?.stringValue == "WordPiece" {
      return try WordPiece(tokenizerJSON: json, configuration: configuration, source: source)
    }
    guard json["model"]?["type"]?.stringValue == "Unigram" else {
      return try ByteLevelBPE(tokenizerJSON: json, configuration: configuration, source: source)
    }
    return try Unigram(tokenizerJSON: json, configuration: configuration, source: source)
  }
}

extension Unigram {
  /// Builds the tokenizer of a `tokenizer.json` whose model is `Unigram`.
  ///
  /// - Throws: as ``TokenizerFile/read(_:configuration:source:)``.
  public init(tokenizerJSON: JSON, configuration: JSON? = nil, source: String) throws(AttendError) {
    var description = try TokenizerJSON(root: tokenizerJSON, source: source).unigram()
    if let configuration {
      var ids: [[UInt8]: Int32] = [:]
      for (id, piece) in description.vocabulary.enumerated() { ids[Array(piece)] = Int32(id) }
      description.specialTokens = SpecialTokens(configuration: configuration) { ids[Array($0.utf8)] }
    }
    try self.init(description)
  }
}

extension TokenizerJSON {
  func unigram() throws(AttendError) -> Unigram.Description {
    let members = try fileMembers()
    let model = try object(members["model"] ?? .null, "model")
    try allow(model, ["type", "unk_id", "vocab", "byte_fallback"], in: "model")
    let added = try addedTokens(members["added_tokens"] ?? [])
    var description = try pieces(model["vocab"] ?? .null, added)
    if let unknown = model["unk_id"], !unknown.isNull {
      guard let id = unknown.intValue.flatMap(Int32.init(exactly:)) else { throw damage("model.unk_id is no id") }
      description.unknown = id
      description.specialTokens.unknown = id
    }
    description.byteFallback = try flag(model["byte_fallback"], "model.byte_fallback") ?? false
    description.addedTokens = added
    description.metaspace = try metaspace(members["pre_tokenizer"])
    try normalizer(members["normalizer"], into: &description.normalizer)
    try checkMetaspaceDecoder(members["decoder"])
    (description.prefix, description.suffix) = try template(members["post_processor"])
    return description
  }

  private func pieces(_ json: JSON, _ added: [AddedToken]) throws(AttendError) -> Unigram.Description {
    guard case .array(let elements) = json else { throw damage("model.vocab is \(json.kind), not a list") }
    var pieces = ByteStrings()
    pieces.reserveCapacity(strings: elements.count + added.count, bytes: elements.count * 8)
    var scores: [Double] = []
    for (id, element) in elements.enumerated() {
      guard let piece = element[0]?.stringValue, let score = element[1]?.doubleValue else {
        throw damage("the token \(id) is not a text and a number")
      }
      pieces.append(piece.utf8)
      scores.append(TokenizerJSON.asReferenceReads(score))
    }
    for token in added.sorted(by: { $0.id < $1.id }) {
      let id = Int(token.id)
      if id >= 0, id < pieces.count {
        guard pieces[id].elementsEqual(token.content.utf8) else {
          throw damage("the added token \(quoted(token.content)) has the id \(id) of another token")
        }
        continue
      }
      guard id == pieces.count else { throw damage("the added token \(quoted(token.content)) has the id \(id)") }
      pieces.append(token.content.utf8)
      scores.append(0)
    }
    return Unigram.Description(vocabulary: pieces, scores: scores, source: source)
  }

  /// A number as the reference implementation's reader of JSON has it: the digits as an integer, divided by a power of
  /// ten, which rounds twice. Which of two cuts with nearly the same score is the best can depend on it.
  private static func asReferenceReads(_ score: Double) -> Double {
    var digits: UInt64 = 0
    var places = 0
    var isBehindPoint = false
    for character in score.magnitude.description.utf8 {
      if character == UInt8(ascii: ".") {
        isBehindPoint = true
        continue
      }
      let (shifted, overflow) = digits.multipliedReportingOverflow(by: 10)
      // Exponents and more digits than an integer holds do not occur in files that were written by a program.
      guard character >= UInt8(ascii: "0"), character <= UInt8(ascii: "9"), !overflow, places < 22,
        shifted <= UInt64.max - 9
      else { return score }
      digits = shifted + UInt64(character - UInt8(ascii: "0"))
      if isBehindPoint { places += 1 }
    }
    let power = (0..<places).reduce(1.0) { power, _ in power * 10 }
    let value = Double(digits) / power
    return score < 0 ? -value : value
  }

  /// `Metaspace`, perhaps after `WhitespaceSplit`.
  private func metaspace(_ json: JSON?) throws(AttendError) -> Metaspace {
    let parts = json?["type"]?.stringValue == "Sequence" ? json?["pretokenizers"]?.arrayValue ?? [] : [json ?? .null]
    let names = parts.map { $0["type"]?.stringValue ?? "" }
    guard names == ["Metaspace"] || names == ["WhitespaceSplit", "Metaspace"], let part = parts.last else {
      throw unsupported("the pre_tokenizer \(parts.map { typeName($0) }.joined(separator: ", "))")
    }
    try allow(
      try object(part, "pre_tokenizer"),
      ["type", "replacement", "str_rep", "add_prefix_space", "prepend_scheme", "split"], in: "the pre_tokenizer")
    guard part["replacement"]?.stringValue == "▁" else { throw unsupported("another replacement than ▁") }
    var metaspace = Metaspace(splitsAtWhiteSpace: names.count == 2)
    metaspace.splits = try flag(part["split"], "split") ?? true
    if let scheme = part["prepend_scheme"]?.stringValue {
      guard let prefix = Metaspace.Prefix(rawValue: scheme) else {
        throw unsupported("prepend_scheme \(quoted(scheme))")
      }
      metaspace.prefix = prefix
    } else if try flag(part["add_prefix_space"], "add_prefix_space") == false {
      metaspace.prefix = .never
    }
    return metaspace
  }

  private func checkMetaspaceDecoder(_ json: JSON?) throws(AttendError) {
    switch json?["type"]?.stringValue {
    case "Metaspace": return
    case "Sequence":
      let names = (json?["decoders"]?.arrayValue ?? []).map { $0["type"]?.stringValue ?? "" }
      guard names.contains("Metaspace"), Set(names).isSubset(of: ["Metaspace", "ByteFallback", "Fuse"]) else {
        throw unsupported("this sequence of decoders: \(names.joined(separator: ", "))")
      }
    default: throw unsupported("decoder \(typeName(json))")
    }
  }
}

extension Unigram.Description {
  /// The tokenizer as a `tokenizer.json`, which the Hugging Face `tokenizers` library and ``Unigram`` read.
  ///
  /// - Throws: `unsupported` for one that was read with a normalizer, `invalidInput` when a piece is not UTF-8.
  public func tokenizerJSON() throws(AttendError) -> JSON {
    guard normalizer.steps.isEmpty else { throw AttendError(.unsupported, "\(source): writing a normalizer") }
    var pieces: [JSON] = []
    for (id, piece) in vocabulary.enumerated() {
      guard let text = String(validating: piece, as: UTF8.self) else {
        throw AttendError(.invalidInput, "\(source): piece \(id) is not UTF-8")
      }
      pieces.append([.string(text), .number(scores[id])])
    }
    let mark: JSON = [
      "type": "Metaspace", "replacement": "▁", "prepend_scheme": .string(metaspace.prefix.rawValue),
      "split": .bool(metaspace.splits),
    ]
    let splits: JSON = ["type": "WhitespaceSplit"]
    let cutting: JSON = metaspace.splitsAtWhiteSpace ? ["type": "Sequence", "pretokenizers": [splits, mark]] : mark
    let bytes: JSON = ["type": "ByteFallback"]
    let decoder: JSON = byteFallback ? ["type": "Sequence", "decoders": [bytes, mark]] : mark
    var around = JSON.null
    if !prefix.isEmpty || !suffix.isEmpty {
      around = SpecialTokenTemplate.json(prefix: prefix, suffix: suffix) { id in
        String(decoding: vocabulary[Int(id)], as: UTF8.self)
      }
    }
    let added = addedTokens.sorted { $0.id < $1.id }.map(\.json)
    let model: JSON = [
      "type": "Unigram", "unk_id": unknown.map { JSON(Int($0)) } ?? JSON.null, "vocab": .array(pieces),
      "byte_fallback": .bool(byteFallback),
    ]
    return [
      "version": "1.0", "truncation": nil, "padding": nil, "added_tokens": .array(added), "normalizer": nil,
      "pre_tokenizer": cutting, "post_processor": around, "decoder": decoder, "model": model,
    ]
  }
}
