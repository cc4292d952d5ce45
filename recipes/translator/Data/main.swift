import AttendBase
import BilingualGrammar

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

// translator-data FOLDER [COUNT [HELD-OUT [SEED]]]: writes train.tsv, held-out.tsv and held-out.alignment.tsv (the
// same sentences, their words, and links between those, as `attend alignment-heads` reads them).

func fail(_ message: String, _ status: Int32) -> Never {
  let bytes = Array((message + "\n").utf8)
  _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  exit(status)
}

let arguments = Array(CommandLine.arguments.dropFirst())
guard let folder = arguments.first, arguments.dropFirst().allSatisfy({ UInt64($0) != nil }) else {
  fail("usage: translator-data FOLDER [COUNT [HELD-OUT [SEED]]]", 64)
}
func number(_ index: Int, _ standard: UInt64) -> UInt64 {
  arguments.count > index ? UInt64(arguments[index]) ?? standard : standard
}
func save(_ name: String, _ lines: [String]) throws {
  try writeAtomically(to: folder + "/" + name, Array((lines.joined(separator: "\n") + "\n").utf8))
}

let corpus = Corpus.generate(
  seed: number(3, 1), count: Int(clamping: number(1, 400_000)), heldOutCount: Int(clamping: number(2, 2000)))
mkdir(folder, 0o777)
do {
  try save("train.tsv", corpus.training.map { $0.english + "\t" + $0.french })
  try save("held-out.tsv", corpus.heldOut.map { $0.english + "\t" + $0.french })
  try save(
    "held-out.alignment.tsv",
    corpus.heldOut.map { pair in
      let links = pair.alignment.map { "\($0.english)-\($0.french)" }.joined(separator: " ")
      let words = [pair.englishWords, pair.frenchWords].map { $0.joined(separator: " ") }
      return ([pair.english, pair.french] + words + [links]).joined(separator: "\t")
    })
} catch {
  fail("\(error)", 1)
}
