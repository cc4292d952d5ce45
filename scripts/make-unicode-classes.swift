// Prints Sources/AttendText/Tokenizer/UnicodeClassRuns.swift from the Unicode data of the running toolchain:
//   swiftc -O scripts/make-unicode-classes.swift -o /tmp/classes && /tmp/classes
func classNumber(_ value: UInt32) -> UInt32 {
  guard let scalar = Unicode.Scalar(value) else { return 0 }
  switch scalar.properties.generalCategory {
  case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return 1
  case .decimalNumber, .letterNumber, .otherNumber: return 2
  default: return scalar.properties.isWhitespace ? 3 : 0
  }
}

print("// Unicode 17.0, printed by scripts/make-unicode-classes.swift: do not edit.\n")
print("/// Where a run of scalars of one class starts, shifted left by two bits, plus the class (`UnicodeClass`).")
print("let unicodeClassRuns: [UInt32] = [")
var line = "   "
var previous: UInt32?
for value in UInt32(0)..<0x110000 {
  let number = classNumber(value)
  if number == previous { continue }
  previous = number
  let entry = " 0x" + String(value << 2 | number, radix: 16) + ","
  if line.utf8.count + entry.utf8.count > 118 {
    print(line)
    line = "   "
  }
  line += entry
}
print(line + "\n]")
