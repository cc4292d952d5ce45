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
    let members = try object(root, "the file")
    try allow(
      members,
      [
        "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor",
        "decoder", "model",
      ], in: "the file")
    for name in ["truncation", "padding"] where !isNull(members[name]) {
      throw unsupported("\(name) \(typeName(members[name]))")
    }
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
      scores.append(score)
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

  private func normalizer(_ json: JSON?, into normalizer: inout TextNormalizer) throws(AttendError) {
    guard let json, !json.isNull else { return }
    func text(_ key: String) throws(AttendError) -> [UInt8] {
      guard let text = json[key]?.stringValue else { throw damage("the normalizer \(typeName(json)) lacks \(key)") }
      return Array(text.utf8)
    }
    switch json["type"]?.stringValue {
    case "Sequence": for part in json["normalizers"]?.arrayValue ?? [] { try self.normalizer(part, into: &normalizer) }
    case "Replace":
      if let pattern = json["pattern"]?["String"]?.stringValue {
        normalizer.steps.append(.replace(Array(pattern.utf8), with: try text("content")))
      } else if json["pattern"]?["Regex"]?.stringValue == " {2,}" {
        normalizer.steps.append(.replaceRuns(of: 0x20, with: try text("content")))
      } else {
        throw unsupported("the pattern \(quoted(json["pattern"]?.text() ?? "")) of a normalizer")
      }
    case "Strip":
      normalizer.steps.append(
        .strip(
          left: try flag(json["strip_left"], "strip_left") ?? true,
          right: try flag(json["strip_right"], "strip_right") ?? true))
    case "Prepend": normalizer.steps.append(.prepend(try text("prepend")))
    case "Lowercase": normalizer.steps.append(.lowercase)
    case "Precompiled":
      guard let bytes = try decodeBase64(text("precompiled_charsmap")) else {
        throw damage("precompiled_charsmap is not base64")
      }
      normalizer.steps.append(.charactersMap(try CharacterMap(bytes, source: source)))
    default: throw unsupported("the normalizer \(typeName(json))")
    }
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

  private func decodeBase64(_ text: [UInt8]) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(text.count / 4 * 3)
    var (bits, count): (UInt32, Int) = (0, 0)
    for character in text {
      let value: UInt8
      switch character {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - 65
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - 97 + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - 48 + 52
      case UInt8(ascii: "+"): value = 62
      case UInt8(ascii: "/"): value = 63
      case UInt8(ascii: "="), 0x0A, 0x0D: continue
      default: return nil
      }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return result
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
