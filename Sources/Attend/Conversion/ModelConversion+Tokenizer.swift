import AttendBase
import AttendFormats
import AttendGeneration
import AttendModels
import AttendText

extension ModelConversion {
  /// Adds a folder's tokenizer and chat template to a GGUF file's metadata.
  static func addTokenizer(
    of checkpoint: Checkpoint, _ tensors: [ConvertedTensor], to metadata: inout GGUFMetadata, _ notes: inout [String]
  ) throws {
    let count = tensors.first { $0.name == "token_embd.weight" }?.shape.first ?? 0
    let roles = checkpoint.configuredRoles(below: count)
    let configuration = checkpoint.tokenizerConfiguration
    switch checkpoint.tokenizer {
    case .none:
      // llama.cpp's word for it.
      metadata["tokenizer.ggml.model"] = .string("none")
      notes.append("the model comes without a tokenizer: the file takes and gives ids of tokens only")
    case .json(let file):
      let json = try JSON(parsing: file.bytes, source: file.path)
      metadata.add(
        try TokenizerMetadata(
          tokenizerJSON: json, configuration: configuration, roles: roles, count: count, source: file.path,
          notes: &notes))
    case .sentencePiece(let file):
      metadata.add(
        try TokenizerMetadata(sentencePiece: file, configuration: configuration, roles: roles, count: count))
    case .gguf: break
    }
    if let template = try ChatTemplateSource(checkpoint) {
      metadata["tokenizer.chat_template"] = .string(template.text)
    }
    if let template = try ChatTemplateSource(forTools: checkpoint) {
      metadata["tokenizer.chat_templates"] = .array(.string(ByteStrings(["tool_use"])))
      metadata["tokenizer.chat_template.tool_use"] = .string(template.text)
    }
  }
}

extension Checkpoint {
  /// The tokens with a role in `config.json` and `generation_config.json`, those that are ids.
  fileprivate func configuredRoles(below count: Int) -> SpecialTokens {
    guard case .huggingFace(let json) = configuration else { return SpecialTokens() }
    func ids(_ name: String) -> [Int32] {
      let values = [generationConfiguration?[name], json[name]].compactMap(\.self).flatMap { $0.arrayValue ?? [$0] }
      return values.compactMap { $0.intValue.flatMap(Int32.init(exactly:)) }.filter { $0 >= 0 && Int($0) < count }
    }
    let ends = ids("eos_token_id")
    return SpecialTokens(
      beginning: ids("bos_token_id").first, end: ends.first, endOfTurn: ends.first { $0 != ends.first },
      padding: ids("pad_token_id").first)
  }
}

extension AtomicFolder {
  /// Files that a folder has besides weights and configuration.
  private static let others = [
    "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "generation_config.json", "chat_template.jinja", "chat_template.json", "vocab.json", "merges.txt", "vocab.txt",
    "spiece.model", "sentencepiece.bpe.model",
  ]

  /// Writes the tokenizer's files and puts the ids of tokens with a role into the configuration.
  func addTokenizer(of checkpoint: Checkpoint, _ fields: inout JSON.Object, _ notes: inout [String]) throws {
    guard case .gguf(let metadata) = checkpoint.configuration else {
      for name in Self.others {
        if let source = try checkpoint.file(name) { try writeAtomically(to: file(name), source.copied) }
      }
      if try checkpoint.file("additional_chat_templates/tool_use.jinja") != nil {
        notes.append("the folder additional_chat_templates is not copied")
      }
      return
    }
    guard let tokenizer = try checkpoint.tokenizerMetadata(metadata) else {
      notes.append("the model comes without a tokenizer")
      // Some families' defaults are ids beyond a small vocabulary.
      for name in ["bos_token_id", "eos_token_id", "pad_token_id"] { fields[name] = .null }
      return
    }
    try write("tokenizer.json", try tokenizer.tokenizerJSON())
    var configuration = tokenizer.tokenizerConfiguration()
    if let context = (fields["max_position_embeddings"] ?? fields["n_positions"])?.intValue {
      configuration["model_max_length"] = JSON(context)
    }
    let templates = [
      ("default", try ChatTemplateSource(checkpoint)), ("tool_use", try ChatTemplateSource(forTools: checkpoint)),
    ].compactMap { name, template in template.map { (name, JSON($0.text)) } }
    if templates.count > 1 {
      configuration["chat_template"] = .array(templates.map { ["name": JSON($0), "template": $1] })
    } else if let (_, template) = templates.first {
      configuration["chat_template"] = template
    }
    try write("tokenizer_config.json", .object(configuration))
    let roles = tokenizer.specialTokens
    let ends = try checkpoint.endTokens(nil).sorted { first, second in
      (first == roles.end ? 0 : 1, first) < (second == roles.end ? 0 : 1, second)
    }
    var ids = JSON.Object()
    ids["bos_token_id"] = roles.beginning.map { JSON(Int($0)) } ?? .null
    ids["eos_token_id"] = ends.count > 1 ? JSON(ends.map { Int($0) }) : ends.first.map { JSON(Int($0)) } ?? .null
    ids["pad_token_id"] = roles.padding.map { JSON(Int($0)) } ?? .null
    for (name, value) in ids { fields[name] = value }
    try write("generation_config.json", .object(ids))
  }
}
