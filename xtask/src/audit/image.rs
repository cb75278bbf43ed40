//! A linked program: its functions, its bytes, and what its relocations put into them when it is loaded.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use anyhow::{Context, Result, ensure};
use object::elf::{self, Machine, RelocationType};
use object::read::elf::{ElfFile, FileHeader, ProgramHeader};
use object::{
    Endianness, Object, ObjectSection, ObjectSymbol, ObjectSymbolTable, RelocationFlags, RelocationTarget,
    SectionFlags, SymbolKind,
};

/// One function, as the symbol table has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Symbol {
    /// Without hashes.
    pub(super) name: String,
    pub(super) range: Range<u64>,
}

/// What a word of the program holds once it is loaded, as far as nothing can change it later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loaded {
    /// The address of a function of a shared library: its place in [`Image::imports`].
    Import(usize),
    Address(u64),
}

/// Of the tables of imports, and of addresses that move with the program: no number has two meanings among these.
const TABLES: [RelocationType; 4] =
    [elf::R_X86_64_GLOB_DAT, elf::R_X86_64_JUMP_SLOT, elf::R_AARCH64_GLOB_DAT, elf::R_AARCH64_JUMP_SLOT];
const RELATIVE: [RelocationType; 2] = [elf::R_X86_64_RELATIVE, elf::R_AARCH64_RELATIVE];

#[derive(Default)]
pub(super) struct Image {
    /// The processor, by ELF's number.
    pub(super) machine: Machine,
    /// By address.
    functions: BTreeMap<u64, Symbol>,
    /// Sections that the program cannot write to, by address.
    constant: Vec<(u64, Vec<u8>)>,
    loaded: HashMap<u64, Loaded>,
    pub(super) imports: Vec<String>,
    /// Where Thumb code ends and its literals begin, and the other way round (`$t`, `$d` of the Arm ELF ABI).
    pub(super) code_starts: BTreeMap<u64, bool>,
}

impl Image {
    pub(super) fn parse<E: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Result<Self> {
        let file = ElfFile::<E>::parse(bytes)?;
        let mut image = Self { machine: file.elf_header().e_machine(file.endian()), ..Self::default() };
        image.read_symbols(&file)?;
        image.read_sections(&file)?;
        image.read_relocations(&file)?;
        Ok(image)
    }

    fn read_symbols<E: FileHeader<Endian = Endianness>>(&mut self, file: &ElfFile<'_, E>) -> Result<()> {
        for symbol in file.symbols().filter(ObjectSymbol::is_definition) {
            let name = symbol.name()?;
            match name.split('.').next() {
                Some("$t") => drop(self.code_starts.insert(symbol.address(), true)),
                Some("$d") => drop(self.code_starts.insert(symbol.address(), false)),
                _ => {}
            }
            if symbol.kind() != SymbolKind::Text || symbol.size() == 0 {
                continue;
            }
            // Bit 0 of the address of a Thumb function is no part of it.
            let thumb = file.elf_header().e_machine(file.endian()) == elf::EM_ARM;
            let start = if thumb { symbol.address() & !1 } else { symbol.address() };
            let new = Symbol { name: demangled(name), range: start..start + symbol.size() };
            // Functions of equal code may share an address: the first name of all is as good as any, and always the same.
            let old = self.functions.get(&start);
            if old.is_none_or(|old| new.name < old.name) {
                self.functions.insert(start, new);
            }
        }
        ensure!(!self.functions.is_empty(), "it has no symbols: was it stripped?");
        Ok(())
    }

    fn read_sections<E: FileHeader<Endian = Endianness>>(&mut self, file: &ElfFile<'_, E>) -> Result<()> {
        for section in file.sections() {
            let SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
            if sh_flags.contains(elf::SHF_ALLOC) && !sh_flags.contains(elf::SHF_WRITE) {
                self.constant.push((section.address(), section.data()?.to_vec()));
            }
        }
        Ok(())
    }

    fn read_relocations<E: FileHeader<Endian = Endianness>>(&mut self, file: &ElfFile<'_, E>) -> Result<()> {
        let Some(symbols) = file.dynamic_symbol_table() else { return Ok(()) };
        let mut known = HashMap::new();
        let sealed: Vec<_> =
            file.elf_program_headers().iter().filter_map(|header| sealed(header, file.endian())).collect();
        for (address, relocation) in file.dynamic_relocations().into_iter().flatten() {
            let RelocationFlags::Elf { r_type } = relocation.flags() else { continue };
            let in_table = TABLES.contains(&r_type);
            if !in_table && !sealed.iter().any(|range| range.contains(&address)) {
                continue;
            }
            let loaded = match relocation.target() {
                RelocationTarget::Symbol(index) => {
                    let symbol = symbols.symbol_by_index(index)?;
                    if symbol.is_definition() {
                        Loaded::Address(symbol.address())
                    } else {
                        let name = symbol.name()?.to_owned();
                        let next = self.imports.len();
                        let import = *known.entry(name.clone()).or_insert(next);
                        if import == next {
                            self.imports.push(name);
                        }
                        Loaded::Import(import)
                    }
                }
                _ if RELATIVE.contains(&r_type) => Loaded::Address(relocation.addend().cast_unsigned()),
                _ => continue,
            };
            self.loaded.insert(address, loaded);
        }
        Ok(())
    }

    /// The function that begins there.
    pub(super) fn function_at(&self, address: u64) -> Option<&Symbol> {
        self.functions.get(&address)
    }

    /// The one function whose name fits.
    pub(super) fn function(&self, fits: impl Fn(&str) -> bool) -> Result<&Symbol> {
        let mut found = self.functions.values().filter(|symbol| fits(&symbol.name));
        let first = found.next().context("no function of the program has the name of the root")?;
        let second = found.next().map(|symbol| &symbol.name);
        ensure!(
            second.is_none(),
            "two functions have the name of the root: {} and {}",
            first.name,
            second.unwrap_or(&first.name)
        );
        Ok(first)
    }

    pub(super) fn loaded(&self, address: u64) -> Option<Loaded> {
        self.loaded.get(&address).copied()
    }

    /// Bytes that nothing can change, from that address to the end of their section.
    pub(super) fn constant(&self, address: u64) -> Option<&[u8]> {
        self.constant.iter().find_map(|(start, data)| {
            let from = usize::try_from(address.checked_sub(*start)?).ok()?;
            // The end of one section may be the start of the next.
            data.get(from..).filter(|rest| !rest.is_empty())
        })
    }
}

/// What the loader makes read-only when it has relocated it.
fn sealed<P: ProgramHeader<Endian = Endianness>>(header: &P, endian: Endianness) -> Option<Range<u64>> {
    if header.p_type(endian) != elf::PT_GNU_RELRO {
        return None;
    }
    let start: u64 = header.p_vaddr(endian).into();
    Some(start..start + header.p_memsz(endian).into())
}

#[cfg(test)]
impl Image {
    /// No function, and these words.
    pub(super) fn with_loaded<const N: usize>(words: [(u64, Loaded); N]) -> Self {
        Self { loaded: words.into(), ..Self::default() }
    }

    /// Puts these addresses where they are.
    pub(super) fn load(&mut self, words: impl IntoIterator<Item = (u64, u64)>) {
        self.loaded.extend(words.into_iter().map(|(at, address)| (at, Loaded::Address(address))));
    }

    /// Has that word be the address of that import.
    pub(super) fn import(&mut self, at: u64, import: usize) {
        self.loaded.insert(at, Loaded::Import(import));
    }

    /// One function, and constant bytes behind it.
    pub(super) fn with_function(at: u64, code: &[u8], constant: (u64, &[u8])) -> Self {
        let symbol = Symbol { name: "f".to_owned(), range: at..at + u64::try_from(code.len()).unwrap() };
        Self {
            functions: [(at, symbol)].into(),
            constant: vec![(at, code.to_vec()), (constant.0, constant.1.to_vec())],
            ..Self::default()
        }
    }
}

fn demangled(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}
