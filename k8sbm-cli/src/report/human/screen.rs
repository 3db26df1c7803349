//! Where text goes: finished lines above, live lines beneath.

use std::io::Write;

/// Finished text is kept for a tenth of a second, so that the live lines beneath are drawn no more often than that.
pub struct Screen {
    out: Box<dyn Write + Send>,
    /// Where warnings go, if they go elsewhere.
    pub beside: Option<Box<dyn Write + Send>>,
    kept: String,
    /// The live lines that stand on the screen.
    drawn: Vec<String>,
    /// Somebody is being asked: nothing is drawn.
    pub held: bool,
}

impl Screen {
    /// A screen that nothing was written on.
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self {
            out,
            beside: None,
            kept: String::new(),
            drawn: Vec::new(),
            held: false,
        }
    }

    /// Adds finished text.
    pub fn write(&mut self, text: &str) {
        self.kept.push_str(text);
    }

    /// Adds a warning: to the finished text, or beside it.
    pub fn warn(&mut self, text: &str) {
        if self.beside.is_none() {
            return self.write(text);
        }
        self.draw(&[]);
        if let Some(beside) = &mut self.beside {
            let _ = beside.write_all(text.as_bytes());
            let _ = beside.flush();
        }
    }

    /// Shows what is finished, and `live` beneath it.
    pub fn draw(&mut self, live: &[String]) {
        if self.held || self.kept.is_empty() && self.drawn == live {
            return;
        }
        let mut text = String::new();
        if !self.drawn.is_empty() {
            text.push_str(&format!("\r\x1b[{}A\x1b[J", self.drawn.len()));
        }
        text.push_str(&self.kept);
        for line in live {
            text.push_str(line);
            text.push('\n');
        }
        self.kept.clear();
        self.drawn = live.to_vec();
        // Who reads this may have gone; the run goes on.
        let _ = self.out.write_all(text.as_bytes());
        let _ = self.out.flush();
    }
}
