import AttendBase
import AttendFormats
import AttendText

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

func readFile(_ path: String) throws -> [UInt8] {
  guard let file = fopen(path, "rb") else { throw AttendError(.notFound, path) }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65536)
  while true {
    let count = fread(&buffer, 1, buffer.count, file)
    if count == 0 { return bytes }
    bytes += buffer[..<count]
  }
}

/// What a GGUF file says about its tokenizer.
func ggufMetadata(_ path: String) throws -> TokenizerMetadata {
  let metadata = try GGUFFile(path: path).metadata
  func id(_ name: String) -> Int32? { metadata["tokenizer.ggml.\(name)"]?.intValue.map(Int32.init) }
  var description = TokenizerMetadata(
    source: path, model: metadata["tokenizer.ggml.model"]?.stringValue ?? "",
    preTokenizer: metadata["tokenizer.ggml.pre"]?.stringValue,
    tokens: metadata["tokenizer.ggml.tokens"]?.strings ?? ByteStrings(),
    merges: metadata["tokenizer.ggml.merges"]?.strings ?? ByteStrings(),
    tokenTypes: metadata["tokenizer.ggml.token_type"]?.integers?.map(Int32.init) ?? [],
    specialTokens: SpecialTokens(
      beginning: id("bos_token_id"), end: id("eos_token_id"), unknown: id("unknown_token_id"),
      padding: id("padding_token_id")),
    addsBeginning: metadata["tokenizer.ggml.add_bos_token"]?.boolValue)
  description.scores = metadata["tokenizer.ggml.scores"]?.floats ?? []
  description.addsSpacePrefix = metadata["tokenizer.ggml.add_space_prefix"]?.boolValue
  description.removesExtraSpaces = metadata["tokenizer.ggml.remove_extra_whitespaces"]?.boolValue
  description.charactersMap = (metadata["tokenizer.ggml.precompiled_charsmap"]?.integers ?? []).map {
    UInt8(truncatingIfNeeded: $0)
  }
  description.separator = id("seperator_token_id")
  return description
}
