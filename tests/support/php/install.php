<?php
// Installs WordPress as its own page does, and prints an application password for the tests' editor.
define( 'WP_INSTALLING', true );
$_SERVER['HTTP_HOST'] = $argv[1];
require __DIR__ . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
function wp_mail() {
	return true; // nobody is to be written to
}
wp_install( 'The Ledger', 'editor', 'desk@ledger.example', true, '', 'a password of tests', 'en_US' );
update_option( 'permalink_structure', '/%year%/%monthnum%/%postname%/' );
// Local time must not be taken for UTC.
update_option( 'timezone_string', 'Europe/Kyiv' );
update_option( 'active_plugins', array( 'briefcast-webhook/briefcast-webhook.php' ) );
update_option( 'template', 'bare' );
update_option( 'stylesheet', 'bare' );
$user = get_user_by( 'login', 'editor' );
wp_update_user( array( 'ID' => $user->ID, 'display_name' => 'Ada Quill' ) );
list( $password ) = WP_Application_Passwords::create_new_application_password( $user->ID, array( 'name' => 'tests' ) );
echo "\npassword:", $password;
