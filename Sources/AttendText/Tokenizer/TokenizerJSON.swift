import AttendBase

/// Reads `tokenizer.json`, the format of the Hugging Face tokenizers library, as far as byte-level BPE uses it. Every
/// part that would change ids is implemented or refused by name.
struct TokenizerJSON {
  let root: JSON
  let source: String

  /// - Throws: `unsupported` naming the part that this version lacks, `damagedFile` when a part is not what the
  ///   format says.
  func description() throws(AttendError) -> ByteLevelBPE.Description {
    let members = try fileMembers()
    let model = try object(members["model"] ?? .null, "model")
    try checkModel(model)
    try checkDecoder(members["decoder"])
    let cutting = try preTokenizer(members["pre_tokenizer"])
    let added = try addedTokens(members["added_tokens"] ?? [])
    var description = ByteLevelBPE.Description(
      vocabulary: try vocabulary(model["vocab"] ?? .null, added), merges: try merges(model["merges"] ?? .null),
      preTokenizer: cutting.kind, source: source)
    description.addsPrefixSpace = cutting.addsPrefixSpace
    try normalizer(members["normalizer"], into: &description.normalizer)
    description.addedTokens = added
    description.ignoresMerges = try flag(model["ignore_merges"], "model.ignore_merges") ?? false
    (description.prefix, description.suffix) = try template(members["post_processor"])
    if let name = model["unk_token"]?.stringValue {
      guard let id = model["vocab"]?[name]?.intValue ?? added.first(where: { $0.content == name }).map({ Int($0.id) })
      else { throw damage("model.unk_token \(quoted(name)) is not in the vocabulary") }
      description.replacement = Int32(truncatingIfNeeded: id)
      description.specialTokens.unknown = description.replacement
    }
    return description
  }

  /// The file's parts. What it says of truncation and padding concerns batches, which are made elsewhere.
  func fileMembers() throws(AttendError) -> JSON.Object {
    let members = try object(root, "the file")
    try allow(
      members,
      [
        "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor",
        "decoder", "model",
      ], in: "the file")
    return members
  }

  private func checkModel(_ model: JSON.Object) throws(AttendError) {
    try allow(
      model,
      [
        "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
        "byte_fallback", "ignore_merges", "vocab", "merges",
      ], in: "model")
    // Files of old versions leave the type out; only BPE has merges.
    let type = model["type"]?.stringValue ?? (model["merges"] == nil ? "without a type" : "BPE")
    guard type == "BPE" else {
      throw AttendError(
        .unsupported, "\(source): the tokenizer model \(quoted(type))",
        hint: "BPE, Unigram and WordPiece are supported")
    }
    if let rate = model["dropout"]?.doubleValue, rate != 0 { throw unsupported("model.dropout") }
    for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let text = model[name]?.stringValue, !text.isEmpty { throw unsupported("model.\(name)") }
    }
    if try flag(model["byte_fallback"], "model.byte_fallback") == true { throw unsupported("model.byte_fallback") }
    if try flag(model["fuse_unk"], "model.fuse_unk") == true, !isNull(model["unk_token"]) {
      throw unsupported("model.fuse_unk")
    }
  }

  private func checkDecoder(_ decoder: JSON?) throws(AttendError) {
    guard let decoder, !decoder.isNull else { throw unsupported("a file without a decoder") }
    switch decoder["type"]?.stringValue {
    case "ByteLevel": return
    case "Sequence" where decoder["decoders"]?.arrayValue?.count == 1: try checkDecoder(decoder["decoders"]?[0])
    default: throw unsupported("decoder \(typeName(decoder))")
    }
  }

  func vocabulary(_ json: JSON, _ added: [AddedToken]) throws(AttendError) -> ByteStrings {
    let members = try object(json, "model.vocab")
    // Ids may leave holes, but not so many that a small file asks for much memory.
    let limit = 4 * (members.count + added.count) + 65536
    var spellings = [String?](repeating: nil, count: members.count + added.count)
    func place(_ spelling: String, _ id: Int) throws(AttendError) {
      guard id >= 0, id < limit else { throw damage("the token \(quoted(spelling)) has the id \(id)") }
      if id >= spellings.count {
        spellings.append(contentsOf: repeatElement(nil, count: id + 1 - spellings.count))
      }
      if let other = spellings[id], !other.utf8.elementsEqual(spelling.utf8) {
        throw damage("the tokens \(quoted(other)) and \(quoted(spelling)) have the same id \(id)")
      }
      spellings[id] = spelling
    }
    for index in 0..<members.count {
      guard let id = members.values[index].intValue else {
        throw damage("the id of the token \(quoted(members.keys[index])) is \(members.values[index].kind)")
      }
      try place(members.keys[index], id)
    }
    for token in added { try place(token.content, Int(token.id)) }
    while spellings.last == .some(nil) { spellings.removeLast() }
    var strings = ByteStrings()
    strings.reserveCapacity(strings: spellings.count, bytes: spellings.count * 8)
    for spelling in spellings { strings.append((spelling ?? "").utf8) }
    return strings
  }

  func merges(_ json: JSON) throws(AttendError) -> ByteStrings {
    guard case .array(let elements) = json else { throw damage("model.merges is \(json.kind), not a list") }
    var merges = ByteStrings()
    merges.reserveCapacity(strings: elements.count, bytes: elements.count * 10)
    for (rank, element) in elements.enumerated() {
      switch element {
      case .string(let text): merges.append(text.utf8)
      case .array(let parts):
        guard parts.count == 2, case .string(let left) = parts[0], case .string(let right) = parts[1] else {
          throw damage("merge \(rank) is not a pair of tokens")
        }
        merges.append((left + " " + right).utf8)
      default: throw damage("merge \(rank) is \(element.kind)")
      }
    }
    return merges
  }
}

extension TokenizerJSON {
  func damage(_ reason: String) -> AttendError { AttendError(.damagedFile, "\(source): \(reason)") }

  func unsupported(_ what: String) -> AttendError {
    AttendError(.unsupported, "\(source): \(what) is not supported")
  }

  func object(_ json: JSON, _ name: String) throws(AttendError) -> JSON.Object {
    guard case .object(let members) = json else { throw damage("\(name) is \(json.kind), not an object") }
    return members
  }

  /// A boolean, nil when absent or null.
  func flag(_ json: JSON?, _ name: String) throws(AttendError) -> Bool? {
    guard let json, !json.isNull else { return nil }
    guard let value = json.boolValue else { throw damage("\(name) is \(json.kind), not a boolean") }
    return value
  }

  func isNull(_ json: JSON?) -> Bool { json == nil || json == .null }

  func allow(_ members: JSON.Object, _ names: Set<String>, in place: String) throws(AttendError) {
    for (key, _) in members where !names.contains(key) { throw unsupported("\(quoted(key)) in \(place)") }
  }

  /// A component's `type`, or what stands in its place, for error messages.
  func typeName(_ json: JSON?) -> String {
    json?["type"]?.stringValue.map { quoted($0) } ?? json?.kind ?? "nothing"
  }

  func quoted(_ text: String) -> String { JSON.string(String(text.prefix(80))).text() }
}
