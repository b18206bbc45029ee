<?php
// Packs Debian's Composer and the libraries it came with into one file, as the official image has it.
// Usage: php -d phar.readonly=0 composer-phar.php FILE.phar

$phar = new Phar($argv[1]);
$phar->startBuffering();
$folder = new RecursiveDirectoryIterator('/usr/share/php', FilesystemIterator::SKIP_DOTS);
foreach (new RecursiveIteratorIterator($folder) as $path => $file) {
    $phar->addFromString($path, file_get_contents($path));
}
$phar->addFromString('/usr/bin/composer', preg_replace('/^#!.*\n/', '', file_get_contents('/usr/bin/composer')));
$phar->setStub("#!/usr/bin/env php\n<?php Phar::mapPhar('composer.phar'); require 'phar://composer.phar/usr/bin/composer'; __HALT_COMPILER();");
$phar->stopBuffering();
