"""The steps of a pass, one module and one public function each: pull, link, decide, post, plan, push."""
